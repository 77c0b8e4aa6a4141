import type { HistoryEntry, LedgerRow } from '../../../core/ledger.ts';
import type { LogRecord } from '../../../core/ports/event-log.ts';
import type { Decoded } from '../../../core/ports/schema-codec.ts';
import type { Evidence } from './evidence.ts';

/**
 * Law 1: tells of each record why it has no effect, since it is of a run that another had taken over from, or holds again what an
 * earlier one holds; null where it has one. Redriven records are left out: what they are is told by their first position.
 */
export class Runs {
  #run = { fence: 0, syncId: '', seq: -1, at: -1 };

  /** @param left positions of records that the store refused */
  judge({ offset, headers }: LogRecord, { type, value }: Decoded, left: ReadonlySet<number>): string | null {
    if (headers['hoardarr-first-position'] !== undefined || !('fence' in value)) return null;
    const { fence, syncId, seq } = value;
    const run = this.#run;
    if (type === 'SyncStarted') {
      if (fence > run.fence) this.#run = { fence, syncId, seq, at: offset };
    } else if (fence !== run.fence || syncId !== run.syncId) return 'of a run that was overtaken';
    else if (seq < run.seq || (seq === run.seq && !left.has(run.at))) return 'a copy of an earlier one';
    else this.#run = { ...run, seq, at: offset };
    return null;
  }
}

/** Law 1: positions that have no effect, and why. */
export function withoutEffect(ingest: readonly LogRecord[], evidence: Evidence): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  const left = leftOut(evidence);
  const runs = new Runs();
  for (const record of ingest) {
    const why = record.value === null ? null : runs.judge(record, evidence.decode(record.value), left);
    if (why !== null) found.set(record.offset, why);
  }
  return found;
}

/** Positions of records that are in the dead letters, since the store refused their item: then a copy may be the first that is taken. */
function leftOut(evidence: Evidence): ReadonlySet<number> {
  return new Set(
    evidence.of('dead-letter').flatMap(({ value, headers }) => {
      const position = headers['hoardarr-position'];
      const isOfSink = value !== null && headers['__connect.errors.stage'] === 'sink';
      return isOfSink && position !== undefined && headers['hoardarr-but-for-item'] === undefined
        ? [Number(position)]
        : [];
    }),
  );
}

/** Law 1: what those positions changed all the same. */
export function effectsOf(
  positions: ReadonlyMap<number, string>,
  row: LedgerRow,
  history: readonly HistoryEntry[],
): readonly string[] {
  const wrong: string[] = [];
  const look = (what: string, position: number): void => {
    const why = positions.get(position);
    if (why !== undefined) wrong.push(`${what} of ${row.itemId} is that of the record at ${position}, ${why}`);
  };
  look('the content', row.contentAt);
  look('the last sighting', row.seen);
  for (const { position, event } of history) look(`'${event}'`, position);
  return wrong;
}

/**
 * Law 2: only a raw item of a listing, a verdict `present`, or the Begin of a snapshot is a sighting. Positions of these, by item
 * id; those of the Begins under the empty id.
 */
export function sightingsOf(
  ingest: readonly LogRecord[],
  evidence: Evidence,
  without: ReadonlyMap<number, string>,
): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  for (const record of ingest)
    if (record.value !== null && !without.has(record.offset)) addSighting(found, record, evidence.decode(record.value));
  return found;
}

export function addSighting(
  found: Map<string, Set<number>>,
  { offset, headers }: LogRecord,
  { type, value }: Decoded,
): void {
  const add = (itemId: string, position: number): void =>
    void found.set(itemId, (found.get(itemId) ?? new Set<number>()).add(position));
  const first = firstOf(offset, headers);
  if (type === 'SnapshotBegin') add('', offset);
  else if (type === 'RawItem' && value.sighting) add(value.itemId, first);
  else if (type === 'ItemVerdict' && value.answer === 'present') add(value.itemId, first);
}

/** What is redriven is seen at its first position (law 2). */
function firstOf(offset: number, headers: LogRecord['headers']): number {
  return Number(headers['hoardarr-first-position'] ?? offset);
}

/** Positions of the last verdict `present` of each item, of those that have an effect. */
export function confirmedAt(
  ingest: readonly LogRecord[],
  evidence: Evidence,
  without: ReadonlyMap<number, string>,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { value, offset, headers } of ingest) {
    const decoded = value === null || without.has(offset) ? null : evidence.decode(value);
    if (decoded?.type !== 'ItemVerdict' || decoded.value.answer !== 'present') continue;
    const { itemId } = decoded.value;
    found.set(itemId, Math.max(found.get(itemId) ?? -1, firstOf(offset, headers)));
  }
  return found;
}

export function checkSighting(
  { itemId, seen }: LedgerRow,
  lastSeen: number,
  sightings: ReadonlyMap<string, ReadonlySet<number>>,
  confirmed: ReadonlyMap<string, number>,
): readonly string[] {
  if (lastSeen < (confirmed.get(itemId) ?? -1)) return [`${itemId} was confirmed, and the sink does not know`];
  return checkShown(itemId, seen, sightings);
}

export function checkShown(
  itemId: string,
  seen: number,
  sightings: ReadonlyMap<string, ReadonlySet<number>>,
): readonly string[] {
  const isShown = seen < 0 || sightings.get('')?.has(seen) === true || sightings.get(itemId)?.has(seen) === true;
  return isShown ? [] : [`the last sighting of ${itemId} is at ${seen}, where nothing shows it`];
}

/** Law 3: a verdict removes only what was not sighted since Begin of the snapshot that asked; and only such items are asked about. */
export function checkVerdicts(
  ingest: readonly LogRecord[],
  evidence: Evidence,
  sightings: ReadonlyMap<string, ReadonlySet<number>>,
): readonly string[] {
  const wrong: string[] = [];
  const begins = new Map<string, number>();
  const left = new Set(evidence.left('ingest'));
  const unknown = leftOut(evidence);
  const since = (itemId: string, begin: number, until: number): number | undefined =>
    [...(sightings.get(itemId) ?? [])].find(
      (position) => position > begin && position < until && !unknown.has(position),
    );
  for (const record of ingest) {
    const decoded = record.value === null ? null : evidence.decode(record.value);
    if (decoded?.type === 'ItemVerdict') begins.set(decoded.value.snapshotId, decoded.value.snapshotBegin);
    if (decoded?.type !== 'Decision' || decoded.value.operation !== 'remove' || !left.has(record)) continue;
    const { snapshotId, itemId, author } = decoded.value;
    const begin = begins.get(snapshotId ?? '');
    const shown = begin === undefined || author !== 'sink' ? undefined : since(itemId, begin, record.offset);
    if (shown !== undefined)
      wrong.push(`${itemId} was removed, though it was sighted at ${shown}, since Begin at ${begin}`);
  }
  return wrong;
}
