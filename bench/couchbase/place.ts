/** Where a part writes. */
export interface Place {
  readonly server: {
    readonly url: string;
    readonly username: string;
    readonly password: string;
    readonly bucket: string;
  };
  readonly prefix: string;
  readonly items: number;
}
