import type { PartitionProgress } from '../../core/ports/item-store.ts';

/** A segment that was published and not merged yet. `epoch` tells apart what two sinks wrote under the same number. */
export interface SegmentEntry {
  readonly seq: number;
  readonly epoch: number;
  readonly parts: number;
  readonly bytes: number;
}

/** What names the documents of a segment. */
export type SegmentName = Pick<SegmentEntry, 'seq' | 'epoch'>;

/**
 * The one document that makes a change count: it names the segments that hold it, and moves the position with them. Whoever
 * writes raises `epoch` first, so that what an earlier writer left half done is known by its name.
 */
export interface PartitionDocument extends PartitionProgress {
  readonly type: 'partition';
  readonly epoch: number;
  /** of whoever writes: two that take over at once, and never hear whether they did, must not look alike */
  readonly writer: string;
  /** number of the last segment that was published */
  readonly seq: number;
  readonly segments: readonly SegmentEntry[];
  /** segments whose documents may still be there, and count for nothing */
  readonly gone: readonly SegmentName[];
  /** how often tables were merged: their directories are read again when it changes */
  readonly merges: number;
  /** what was erased is still in segments or shards that were replaced */
  readonly erasureOwed: boolean;
  /** tables that may have such shards */
  readonly unswept: readonly string[];
}

export const NO_PARTITION: PartitionDocument = {
  type: 'partition',
  epoch: 0,
  writer: '',
  seq: 0,
  segments: [],
  gone: [],
  merges: 0,
  position: -1,
  nextOffset: 0,
  erasureOwed: false,
  unswept: [],
};
