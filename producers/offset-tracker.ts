/**
 * Up to where the records of a partition are done, when they end in another order than they came. Offsets are begun in
 * ascending order; gaps between them are where records were erased.
 */
export class OffsetTracker {
  /** in ascending order, as they were begun */
  private readonly pending = new Set<number>();
  private next = 0;
  private committed = 0;

  /** The latest offset that finish() gave: all before it is done. */
  get upTo(): number {
    return this.committed;
  }

  /** False when the offset was begun before: the partition is being read again. */
  begin(offset: number): boolean {
    if (offset < this.next) return false;
    this.pending.add(offset);
    this.next = offset + 1;
    return true;
  }

  /** Undoes the latest begin: the record is to be read again, also where it was done and only its commit failed. */
  giveBack(offset: number): void {
    this.pending.delete(offset);
    this.next = offset;
    this.committed = Math.min(this.committed, offset);
  }

  /** The offset to commit now; null when an earlier record is still pending. */
  finish(offset: number): number | null {
    this.pending.delete(offset);
    const [first] = this.pending;
    const upTo = first ?? this.next;
    if (upTo <= this.committed) return null;
    this.committed = upTo;
    return upTo;
  }
}
