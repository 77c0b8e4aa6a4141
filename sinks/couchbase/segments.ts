import { FencedError } from '../../core/errors.ts';
import type { Documents } from './documents.ts';
import type { Entry } from './overlay.ts';
import type { SegmentEntry, SegmentName } from './partition-document.ts';

/** JSON of one document of a segment. */
const PART_BYTES = 2_000_000;

/** Documents of the segments of one partition. A segment never changes, and counts only where the partition names it. */
export class Segments {
  readonly #documents: Documents;
  readonly #partition: number;

  constructor(documents: Documents, partition: number) {
    this.#documents = documents;
    this.#partition = partition;
  }

  #keyOf(seq: number, epoch: number, part: number): string {
    return `segment:${this.#partition}:${seq}.${epoch}.${part}`;
  }

  async write(seq: number, epoch: number, entries: readonly Entry[]): Promise<SegmentEntry> {
    const parts: Entry[][] = [[]];
    let partBytes = 0;
    let bytes = 0;
    for (const entry of entries) {
      const size = JSON.stringify(entry).length;
      if (partBytes > 0 && partBytes + size > PART_BYTES) {
        parts.push([]);
        partBytes = 0;
      }
      parts.at(-1)?.push(entry);
      partBytes += size;
      bytes += size;
    }
    for (const [i, part] of parts.entries()) {
      const cas = await this.#documents.put(this.#keyOf(seq, epoch, i), { type: 'segment', entries: part }, null);
      if (cas === null) throw new FencedError(`segment ${seq} of partition ${this.#partition} was written before`);
    }
    return { seq, epoch, parts: parts.length, bytes };
  }

  async read({ seq, epoch, parts }: SegmentEntry): Promise<readonly Entry[] | null> {
    const read: Entry[] = [];
    for (let part = 0; part < parts; part++) {
      const stored = await this.#documents.get(this.#keyOf(seq, epoch, part));
      if (stored === null) return null;
      read.push(...(stored.value as { entries: Entry[] }).entries);
    }
    return read;
  }

  async remove({ seq, epoch }: SegmentName): Promise<void> {
    let parts = 1;
    while ((await this.#documents.get(this.#keyOf(seq, epoch, parts))) !== null) parts++;
    // From the end, as they were written from the beginning: what is left after a crash is without a gap.
    for (let part = parts - 1; part >= 0; part--) await this.#documents.remove(this.#keyOf(seq, epoch, part));
  }
}
