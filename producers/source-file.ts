/** A file to read, wherever it lies: on disk, in a folder, in an archive. */
export interface SourceFile {
  /** for messages and for choosing among files; never a path to open */
  readonly name: string;
  /** bytes as declared; null when unknown */
  readonly size: number | null;
  /** when it was last changed, as its archive says, ms; null when unknown */
  readonly modifiedAt: number | null;
  /** Reads it from its beginning, each time anew. */
  open(): AsyncIterable<Uint8Array>;
}
