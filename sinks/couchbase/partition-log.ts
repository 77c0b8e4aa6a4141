import { randomUUID } from 'node:crypto';
import { FencedError } from '../../core/errors.ts';
import type { PartitionProgress } from '../../core/ports/item-store.ts';
import { type Documents, inParallel } from './documents.ts';
import { pageOf, valuesOf } from './overlaid-tables.ts';
import { type Entry, Overlay } from './overlay.ts';
import { NO_PARTITION, type PartitionDocument } from './partition-document.ts';
import { Segments } from './segments.ts';
import type { ShardCache } from './shard-cache.ts';
import { SortedTables, StaleDirectoryError } from './sorted-table.ts';
import { mergeTable, sweepTable } from './table-merge.ts';

/** What all partitions of a store work with. */
export interface LogParts {
  readonly documents: Documents;
  readonly cache: ShardCache;
  readonly shardBytes: number;
  readonly now: () => number;
}

/** A writer that wrote this long ago may have been overtaken without having noticed. */
const TRUST_MS = 1_000;
const MAX_ATTEMPTS = 20;

/**
 * One partition of the store: a log of segments over sorted tables. A change is a list of entries; it counts, as a whole, from
 * the moment at which the partition's document names its segment. Merging moves entries from segments into the tables, and
 * changes nothing that a reader sees.
 */
export class PartitionLog {
  readonly partition: number;
  readonly #documents: Documents;
  readonly #tables: SortedTables;
  readonly #segments: Segments;
  readonly #overlay = new Overlay();
  readonly #now: () => number;
  #document = NO_PARTITION;
  #cas: string | null = null;
  /** epoch under which this process writes; null: it has to claim the partition first */
  #epoch: number | null = null;
  #trustedUntil = 0;
  #loadedSeq = 0;
  #dropped = 0;
  #refreshing: Promise<void> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: LogParts, partition: number) {
    const { documents, cache, shardBytes, now } = parts;
    this.partition = partition;
    this.#documents = documents;
    this.#segments = new Segments(documents, partition);
    this.#tables = new SortedTables(documents, partition, cache, shardBytes);
    this.#now = now;
  }

  /** This process wrote last, as far as it knows. */
  get isOwned(): boolean {
    return this.#epoch !== null;
  }

  /** Of the segments that are not merged yet, bytes of JSON. */
  get pendingBytes(): number {
    return this.#document.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get progress(): PartitionProgress {
    return { position: this.#document.position, nextOffset: this.#document.nextOffset };
  }

  get erasureOwed(): boolean {
    return this.#document.erasureOwed;
  }

  get segmentCount(): number {
    return this.#document.segments.length;
  }

  /** Changes whenever this view does: what was decided on one version must not be published on another. */
  get version(): string | null {
    return this.#cas;
  }

  /** Number of the segment that is published next. */
  get nextSeq(): number {
    return this.#document.seq + 1;
  }

  /** Whether nobody wrote since; asked of the server. */
  async isCurrent(version: string | null): Promise<boolean> {
    await this.#read();
    return this.#cas === version;
  }

  /** Whether nobody moved the progress since; asked of the server. */
  async isStill({ position, nextOffset }: PartitionProgress): Promise<boolean> {
    await this.#read();
    return this.#document.position === position && this.#document.nextOffset === nextOffset;
  }

  /** One writer of this process at a time. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Brings this view up to date with what was published. */
  refresh(): Promise<void> {
    if (this.#epoch !== null && this.#now() < this.#trustedUntil) return Promise.resolve();
    this.#refreshing ??= this.#read().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** After a failure: nothing that this process believes of the partition is taken for granted any more. */
  distrust(): void {
    this.#epoch = null;
    this.#trustedUntil = 0;
  }

  async get(table: string, key: string): Promise<unknown> {
    return (await this.getMany(table, [key])).get(key);
  }

  /** Those of the keys that have a value. */
  getMany(table: string, keys: readonly string[]): Promise<Map<string, unknown>> {
    return this.#withDirectory(() => valuesOf(this.#tables, this.#overlay, table, keys));
  }

  /** Entries behind `after` (null: from the first) that begin with `prefix`, in order, at most `limit`. */
  page(
    table: string,
    limit: number,
    range: { readonly after?: string | null; readonly prefix?: string } = {},
  ): Promise<readonly (readonly [key: string, value: unknown])[]> {
    return this.#withDirectory(() => pageOf(this.#tables, this.#overlay, table, limit, range));
  }

  /** Takes the partition over for writing. False where this process has it already. Within `exclusive`. */
  async claim(): Promise<boolean> {
    if (this.#epoch !== null) return false;
    for (let attempt = 0; this.#epoch === null; attempt++) {
      if (attempt >= MAX_ATTEMPTS)
        throw new FencedError(`partition ${this.partition} is written by others all the time`);
      await this.#read();
      const { epoch, seq, gone } = this.#document;
      // What the writer before may have written and not published.
      const unpublished = { seq: seq + 1, epoch };
      const next = { ...this.#document, epoch: epoch + 1, writer: randomUUID(), gone: [...gone, unpublished] };
      if (!(await this.#replace(next))) continue;
      this.#epoch = epoch + 1;
      await this.#removeGone();
    }
    return true;
  }

  /**
   * Publishes entries together with the progress: true, or false where `version` is not the latest any more; then nothing
   * counts, and the caller decides anew on what `claim` finds. Within `exclusive`, after `claim`.
   */
  async publish(
    entries: readonly Entry[],
    progress: PartitionProgress,
    { version, erases = false }: { readonly version: string | null; readonly erases?: boolean },
  ): Promise<boolean> {
    if (version !== this.#cas) return false;
    const { seq, segments, erasureOwed } = this.#document;
    const epoch = this.#epoch ?? 0;
    const segment = entries.length === 0 ? null : await this.#segments.write(seq + 1, epoch, entries);
    const next: PartitionDocument = {
      ...this.#document,
      position: progress.position,
      nextOffset: progress.nextOffset,
      erasureOwed: erasureOwed || erases,
      ...(segment === null ? {} : { seq: seq + 1, segments: [...segments, segment] }),
    };
    // Whoever read meanwhile may know the document of another writer by now, whose changes this one does not have.
    if (this.#cas === version && (await this.#replace(next))) {
      if (segment !== null) this.#overlay.apply(seq + 1, entries);
      this.#loadedSeq = this.#document.seq;
      return true;
    }
    this.distrust();
    if (segment !== null) await this.#segments.remove({ seq: seq + 1, epoch });
    return false;
  }

  /** Moves what the segments hold into the tables. `erase`: what was replaced goes at once. Within `exclusive`, after `claim`. */
  async merge({ erase = false }: { readonly erase?: boolean } = {}): Promise<void> {
    const { segments, gone, merges, seq, unswept, erasureOwed } = this.#document;
    const version = this.#cas;
    const isOwner = (): Promise<boolean> => this.isCurrent(version);
    const merging = { tables: this.#tables, overlay: this.#overlay, isOwner };
    const tables = this.#overlay.tables();
    for (const table of tables) await mergeTable(merging, table);
    const replaced = [...new Set([...unswept, ...tables])];
    if (erase) for (const table of replaced) await sweepTable(merging, table);
    const next = {
      ...this.#document,
      segments: [],
      gone: [...gone, ...segments.map(({ seq: number, epoch: under }) => ({ seq: number, epoch: under }))],
      merges: merges + 1,
      erasureOwed: erasureOwed && !erase,
      unswept: erase ? [] : replaced,
    };
    if (this.#cas !== version || !(await this.#replace(next)))
      throw new FencedError(`partition ${this.partition} was taken over during a merge`);
    this.#drop(seq);
    await this.#removeGone();
  }

  /** Removes a table's shards, then its directory: nobody writes the partition any more. */
  async removeTable(table: string): Promise<void> {
    const { directory } = await this.#tables.directory(table);
    const { shards, replaced, reserved } = directory;
    const numbers = [...shards.map(([, number]) => number), ...replaced];
    for (let number = reserved?.[0] ?? 0; number < (reserved?.[1] ?? 0); number++) numbers.push(number);
    await inParallel(numbers, (number) => this.#documents.remove(this.#tables.shardKey(table, number)));
    await this.#documents.remove(this.#tables.directoryKey(table));
  }

  /** Removes the segments, then the document of the partition: nobody writes it any more. */
  async removeDocuments(): Promise<void> {
    const { segments, gone, seq, epoch } = this.#document;
    const named = [
      ...gone,
      ...segments.map(({ seq: number, epoch: under }) => ({ seq: number, epoch: under })),
      { seq: seq + 1, epoch },
    ];
    if (this.#cas === null) return;
    // A document that named what is gone already could not be read after a removal that was cut off.
    if (!(await this.#replace({ ...this.#document, segments: [], gone: named })))
      throw new FencedError(`partition ${this.partition} is written while it is removed`);
    await this.#removeGone();
    await this.#documents.remove(this.#key());
  }

  #drop(seq: number): void {
    this.#overlay.dropUpTo(seq);
    this.#dropped++;
  }

  async #withDirectory<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        const dropped = this.#dropped;
        const result = await read();
        // What was dropped from the overlay meanwhile is in shards that the directory did not name yet.
        if (dropped === this.#dropped) return result;
      } catch (error) {
        if (!(error instanceof StaleDirectoryError) || attempt >= MAX_ATTEMPTS) throw error;
        this.#tables.forget();
        await this.#read();
      }
    }
  }

  async #read(): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const before = this.#cas;
      const stored = await this.#documents.get(this.#key());
      const document = (stored?.value as PartitionDocument | undefined) ?? NO_PARTITION;
      if (this.#cas === (stored?.cas ?? null)) return;
      const added = document.segments.filter(({ seq }) => seq > this.#loadedSeq);
      const read = await inParallel(added, (segment) => this.#segments.read(segment), 4);
      // They were merged, or this process wrote meanwhile: what was read is not the latest any more.
      if (read.some((entries) => entries === null) || this.#cas !== before) continue;
      if (document.merges !== this.#document.merges) {
        this.#tables.forget();
        this.#drop((document.segments[0]?.seq ?? document.seq + 1) - 1);
      }
      added.forEach(({ seq }, i) => {
        this.#overlay.apply(seq, read[i] ?? []);
      });
      this.#loadedSeq = document.seq;
      this.#document = document;
      this.#cas = stored?.cas ?? null;
      return;
    }
    throw new StaleDirectoryError(`partition ${this.partition} changes faster than it can be read`);
  }

  async #replace(next: PartitionDocument): Promise<boolean> {
    const cas = await this.#documents.put(this.#key(), next, this.#cas);
    if (cas === null) return false;
    this.#cas = cas;
    this.#document = next;
    this.#trustedUntil = this.#now() + TRUST_MS;
    return true;
  }

  #key(): string {
    return `partition:${this.partition}`;
  }

  /** That they are gone is written with whatever is written next. */
  async #removeGone(): Promise<void> {
    await inParallel(this.#document.gone, (name) => this.#segments.remove(name));
    this.#document = { ...this.#document, gone: [] };
  }
}
