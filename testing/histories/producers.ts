import { kindOf } from '../../core/keys.ts';
import type {
  BackfillCommand,
  ItemVerdict,
  RawItem,
  RecheckCommand,
  SnapshotEnd,
} from '../../schemas/generated/records.ts';
import type { ProducerDeps } from './producer-deps.ts';
import { contentOf, KINDS, ProducerRun, SnapshotWriter } from './producer-run.ts';
import { indexOf, itemIdOf } from './subject.ts';
import { msOf, SCOPE } from './types.ts';
import { hashOf, type Shown } from './world.ts';

/** Every yield is a place where the process can freeze. */
export type Work = Generator<void, void, void>;

interface ExportFile {
  readonly rows: readonly { readonly x: number; readonly shown: Shown }[];
  readonly kinds: readonly string[];
  /** tick; -1 when the file says nothing of its date */
  readonly asOf: number;
  readonly made: number;
}

/** The producers of the account, with the sync metadata that they share. */
export class Producers {
  readonly exports: ExportFile[] = [];
  readonly datedExports: boolean;
  /** nothing tells when an item was saved, as at Reddit */
  readonly isUndated: boolean;
  /** when a snapshot or verdict was observed, tick, by what a decision names as its cause */
  readonly observed = new Map<string, number>();
  readonly #deps: ProducerDeps;
  readonly #meta = { fence: 0, hashes: new Map<number, string>(), content: '' };
  #missedBefore: readonly number[] = [];
  readonly #snapshots: SnapshotWriter;
  #begun = 0;

  constructor(deps: ProducerDeps) {
    this.#deps = deps;
    this.#snapshots = new SnapshotWriter(deps);
    this.datedExports = deps.random() < 0.6;
    this.isUndated = this.datedExports && deps.proof === 'absence' && deps.random() < 0.5;
  }

  /** The next snapshot has chunks. */
  forgetContent(): void {
    this.#meta.content = '';
  }

  /** A full walk, or the import of an export that may be an old one. */
  walk(): Work | null {
    if (this.#deps.proof !== 'absence') return this.fullWalk();
    // A data request takes a while to come, and things are saved meanwhile.
    const asked = this.exports.at(-1);
    if (this.#deps.random() < 0.7) this.makeExport();
    if (this.isUndated && asked !== undefined && this.#deps.random() < 0.7) return this.importExport(asked);
    const count = this.exports.length;
    const file = this.exports[this.#deps.random() < 0.6 ? count - 1 : Math.floor(this.#deps.random() * count)];
    return file === undefined ? null : this.importExport(file);
  }

  *fullWalk(): Work {
    const { world, chance, reach, proof, log } = this.#deps;
    const run = this.#takeRun('full');
    const began = world.clock;
    yield;
    run.start();
    const snapshotId = this.#begin(run, began);
    yield;
    const entries: { id: string; hash: string }[] = [];
    const hashes = new Map<number, string>();
    const before = new Map(world.saved);
    const page1 = world.list().slice(0, 2).join();
    const limit = proof === 'verdict' && chance(0.3) ? 2 : Number.POSITIVE_INFINITY;
    for (let at = 0; at < world.list().length && entries.length < limit; at += 2) {
      const changed: RawItem[] = [];
      for (const x of world.list().slice(at, at + 2)) {
        const item = this.#rawItem(run, x, true, world.document(x), world.clock);
        entries.push({ id: itemIdOf(x), hash: item.documentHash });
        hashes.set(x, item.documentHash);
        if (item.documentHash !== this.#meta.hashes.get(x)) changed.push(item);
      }
      yield;
      for (const item of changed) log.append({ type: 'RawItem', value: { ...item, ...run.next() } }, item.itemId);
      yield;
    }
    const missed = [...before.keys()].filter(
      (x) => world.saved.get(x) === before.get(x) && !entries.some((entry) => entry.id === itemIdOf(x)),
    );
    if (missed.length > 0) reach('drift missed a saved item');
    // What is assumed where items cannot be asked for: drift never misses the same item in two walks running.
    const drifted =
      proof === 'walks' &&
      (world.list().slice(0, 2).join() !== page1 || missed.some((x) => this.#missedBefore.includes(x)));
    const end = {
      coverage: limit < Number.POSITIVE_INFINITY ? ('window' as const) : ('complete' as const),
      kinds: KINDS,
    };
    if (chance(0.1) || drifted) {
      this.#snapshots.chunk(run, snapshotId, 0, entries);
      this.#snapshots.end(run, snapshotId, entries, { ...end, chunks: 1, status: 'aborted', reason: 'drift' });
      return;
    }
    this.#missedBefore = missed;
    yield* this.#finish(run, snapshotId, entries, hashes, end);
  }

  makeExport(honest = false): void {
    const { world, chance, reach } = this.#deps;
    const kinds = !honest && this.datedExports && chance(0.2) ? ['t3'] : KINDS;
    let listed = world.list().filter((x) => kinds.includes(kindOf(itemIdOf(x))));
    // Where rows have no dates, nothing tells what was cut off: such a list is whole, or is none.
    if (!honest && !this.isUndated && chance(0.15)) {
      listed = listed.slice(0, 3);
      reach('capped export');
    }
    const rows = listed.map((x) => ({ x, shown: world.document(x) }));
    const newest = Math.max(-1, ...rows.map((row) => row.shown.savedAt ?? -1));
    this.exports.push({ rows, kinds, asOf: honest || this.datedExports ? world.clock : newest, made: world.clock });
  }

  /** The raw items of an import are hydrations, and its applied snapshot is the sighting. */
  *importExport(file: ExportFile): Work {
    const { log, chance, reach } = this.#deps;
    const run = this.#takeRun('import');
    const isPoor = chance(0.3);
    yield;
    run.start();
    const asOf = file.asOf < 0 ? null : msOf(file.asOf);
    const snapshotId = this.#begin(run, file.made, asOf);
    yield;
    const hashes = new Map<number, string>();
    const entries: { id: string; hash: string; savedAt?: number }[] = [];
    const isUnreadable = chance(0.15) ? () => chance(0.4) : () => false;
    const rows = file.rows.filter(() => !isUnreadable());
    if (rows.length < file.rows.length) reach('unreadable rows');
    for (const { x, shown } of rows) {
      const item = this.#rawItem(run, x, false, shown, file.made);
      hashes.set(x, item.documentHash);
      entries.push({
        id: itemIdOf(x),
        hash: item.documentHash,
        ...(this.isUndated ? {} : { savedAt: msOf(shown.savedAt ?? 0) }),
      });
      if (item.documentHash === this.#meta.hashes.get(x)) continue;
      const value = isPoor && item.content === 'full' ? stubOf(item) : item;
      if (value !== item) reach('stub with a text');
      log.append({ type: 'RawItem', value: { ...value, ...run.next() } }, item.itemId);
      yield;
    }
    const oldest = Math.min(...file.rows.map((row) => row.shown.savedAt ?? 0));
    yield* this.#finish(run, snapshotId, entries, hashes, {
      coverage: file.asOf < 0 || rows.length < file.rows.length ? 'unknown' : 'complete',
      kinds: file.kinds,
      asOf,
      oldestRow: file.rows.length > 0 && !this.isUndated ? msOf(oldest) : null,
    });
  }

  *delta(x: number): Work {
    const { world, log } = this.#deps;
    const run = this.#takeRun('delta');
    const read = (
      world.saved.has(x)
        ? [
            x,
            ...world
              .list()
              .filter((y) => y !== x)
              .slice(0, 1),
          ]
        : []
    ).map((y) => this.#rawItem(run, y, true, world.document(y), world.clock));
    yield;
    run.start();
    for (const item of read) {
      log.append({ type: 'RawItem', value: { ...item, ...run.next() } }, item.itemId);
      yield;
    }
    run.finish();
  }

  *hydrate(x: number): Work {
    const run = this.#takeRun('backfill');
    const item = this.#rawItem(run, x, false, this.#deps.world.document(x), this.#deps.world.clock);
    yield;
    run.start();
    yield;
    if (item.content === 'full')
      this.#deps.log.append({ type: 'RawItem', value: { ...item, ...run.next() } }, item.itemId);
    run.finish();
  }

  /** Law 3: each batch includes control ids; unless they come back as saved, the whole batch is unknown. */
  *recheck(command: RecheckCommand): Work {
    const { world, chance, reach, log } = this.#deps;
    const run = this.#takeRun('recheck', command);
    const broken = chance(0.15);
    if (broken) reach('broken recheck answers');
    const started = run.start();
    const answerOf = (x: number): ItemVerdict['answer'] =>
      broken || !world.saved.has(x) ? 'unsaved' : world.deleted.has(x) ? 'deleted' : 'present';
    const fine = command.emptyListing ? !broken : command.controlIds.every((id) => answerOf(indexOf(id)) !== 'unsaved');
    const { snapshotId, snapshotBegin, scopeCount, emptyListing } = command;
    const at = msOf(world.clock);
    const answers = command.itemIds.map((itemId) => ({
      itemId,
      answer: fine ? answerOf(indexOf(itemId)) : ('unknown' as const),
    }));
    for (const { itemId, answer } of answers) {
      yield;
      log.append(
        {
          type: 'ItemVerdict',
          value: {
            ...run.next(),
            at,
            ...SCOPE,
            itemId,
            snapshotId,
            snapshotBegin,
            started,
            scopeCount,
            emptyListing,
            answer,
            login: 'login 1',
            evidence: '{}',
          },
        },
        itemId,
      );
    }
    run.finish();
  }

  /** Law 6: where the provider can be asked, a backfill first makes sure that the item is still saved. */
  *backfill(command: BackfillCommand): Work {
    const { world, proof, log } = this.#deps;
    const run = this.#takeRun('backfill', command);
    run.start();
    const asks = proof !== 'absence';
    const listed = command.itemIds.map(indexOf).filter((x) => !asks || world.saved.has(x));
    const read = listed.map((x) => this.#rawItem(run, x, asks, world.document(x), world.clock));
    for (const item of read) {
      yield;
      log.append({ type: 'RawItem', value: { ...item, ...run.next() } }, item.itemId);
    }
    run.finish();
  }

  #takeRun(
    mode: 'full' | 'import' | 'delta' | 'recheck' | 'backfill',
    command?: { readonly eventId: string; readonly causedBy: string | null },
  ): ProducerRun {
    const fences = this.#deps.log.ingest.map((record) =>
      record.decoded?.type === 'SyncStarted' ? record.decoded.value.fence : 0,
    );
    this.#meta.fence = Math.max(this.#meta.fence, ...fences) + 1;
    return new ProducerRun(this.#deps, this.#meta.fence, mode, command);
  }

  #rawItem(run: ProducerRun, x: number, sighting: boolean, shown: Shown, observed: number): RawItem {
    if (sighting && !this.#deps.world.saved.has(x)) this.#deps.violate('false sighting');
    const content = shown.deleted ? 'deleted' : shown.text === null ? 'failed' : 'full';
    const document = {
      url: `https://example.org/${x}`,
      title: shown.text,
      author: null,
      body: null,
      savedAt: shown.savedAt === null || this.isUndated ? null : msOf(shown.savedAt),
      createdAt: null,
      thumbnailUrl: null,
      extra: '{}',
    };
    return {
      eventId: '',
      seq: 0,
      syncId: run.syncId,
      fence: run.fence,
      at: msOf(observed),
      ...SCOPE,
      itemId: itemIdOf(x),
      sighting,
      content,
      document,
      text: shown.text,
      documentHash: hashOf(shown),
      truncated: false,
      payload: null,
    };
  }

  #begin(run: ProducerRun, observed: number, asOf: number | null = null): string {
    const snapshotId = `snapshot ${++this.#begun}`;
    this.observed.set(snapshotId, observed);
    this.#snapshots.begin(run, snapshotId, observed, asOf);
    return snapshotId;
  }

  /** Law 5: hashes advance only after a completed walk whose records were acknowledged, and not for a run that was overtaken. */
  *#finish(
    run: ProducerRun,
    snapshotId: string,
    entries: readonly { id: string; hash: string; savedAt?: number }[],
    hashes: ReadonlyMap<number, string>,
    detail: Partial<SnapshotEnd>,
  ): Work {
    const content = contentOf(entries);
    const digestOnly = content === this.#meta.content;
    const parts = digestOnly ? [] : [entries.slice(0, 2), entries.slice(2)];
    for (const [index, part] of parts.entries()) {
      this.#snapshots.chunk(run, snapshotId, index, part);
      yield;
    }
    this.#snapshots.end(run, snapshotId, entries, { ...detail, digestOnly, chunks: parts.length });
    if (run.fence === this.#meta.fence) {
      for (const [x, hash] of hashes) this.#meta.hashes.set(x, hash);
      this.#meta.content = content;
    } else this.#deps.reach('frozen producer would have advanced hashes');
    run.finish();
  }
}

/** What an export says that holds little more than links. */
function stubOf(item: RawItem): RawItem {
  const text = `words of ${item.itemId}`;
  return { ...item, content: 'stub', text, document: { ...item.document, title: text }, documentHash: '' };
}
