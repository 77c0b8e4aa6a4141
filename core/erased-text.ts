/** A text that was erased, and of which item. */
export interface ErasedText {
  /** hex SHA-256 of the vectorization text */
  readonly textHash: string;
  /** `provider/user/collection`, encoded as scopeName does */
  readonly scope: string;
  readonly itemId: string;
  /** offset in `ingest` of what erased it: what the item said later counts; null: not known */
  readonly position: number | null;
}
