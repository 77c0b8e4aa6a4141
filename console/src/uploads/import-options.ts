import { useEffect } from 'react';

/** How an export is taken in, besides the file. */
export interface ImportOptions {
  readonly user: string;
  readonly asOf: string;
}

/** Where nobody was asked. */
export const USUAL_OPTIONS: ImportOptions = { user: 'me', asOf: '' };

const USER_NAME = /^[A-Za-z0-9._-]{1,64}$/;
let offered = USUAL_OPTIONS;

/** While the component is shown, what it asks for holds for files that are dropped, too. */
export function useForDrops({ user, asOf }: ImportOptions): void {
  useEffect(() => {
    offered = { user, asOf };
    return () => {
      offered = USUAL_OPTIONS;
    };
  }, [user, asOf]);
}

/** For files that are dropped now. */
export function optionsForDrops(): ImportOptions {
  return offered;
}

export function isUserName(name: string): boolean {
  return USER_NAME.test(name);
}
