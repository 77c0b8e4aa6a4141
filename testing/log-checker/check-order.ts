import { HEADER, ingestKeyOf, parseRecordKey } from '../../core/keys.ts';
import type { LogRecord } from '../../core/ports/event-log.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import { runEventId } from '../../producers/highest-fence.ts';

/** Everything of one partition, from offset 0. */
export interface PartitionLog {
  readonly partition: number;
  readonly ingest: readonly LogRecord[];
  readonly enriched: readonly LogRecord[];
}

export interface OrderCheckDeps {
  readonly partitionOf: (account: string) => number;
  readonly decode: (value: Uint8Array) => Decoded;
}

/** What was found, and how much of it there was. */
export interface OrderReport {
  /** each breaks law 1; none where it holds */
  readonly violations: readonly string[];
  readonly runs: number;
  /** of a run that another had overtaken: without any effect */
  readonly stale: number;
  /** written again after an answer that did not come, or by whoever took over */
  readonly copies: number;
}

interface RunState {
  fence: number;
  seq: number;
  readonly events: Map<number, string>;
  /** what it lacks before a snapshot that it aborted, so that it has to be aborted as well */
  lacks: `!${string}` | null;
}

/**
 * Proves law 1 from the records alone: an account has one partition; its runs are numbered upwards, one at a time, each without
 * reordering, and without a gap but for erased records and before the end of one that was aborted; and `enriched` holds every
 * record of `ingest` once, in order, but for copies, and for what a later tombstone of the same key may have erased before it
 * was read.
 */
export function checkOrder(logs: readonly PartitionLog[], deps: OrderCheckDeps): OrderReport {
  const violations: string[] = [];
  const found = { runs: 0, stale: 0, copies: 0 };
  for (const log of logs) {
    const say = (what: string): void => void violations.push(`partition ${log.partition}: ${what}`);
    const accounts = new Map<string, RunState>();
    const erased = new Set(log.ingest.flatMap(({ key, value }) => (value === null ? nameOf(key) : [])));
    for (const record of log.ingest) {
      const account = parseRecordKey(record.key)?.account ?? '';
      if (deps.partitionOf(account) !== log.partition) say(`${record.key} belongs to another one`);
      if (record.value === null) continue;
      const { type, value } = deps.decode(record.value);
      if (!('fence' in value)) continue;
      const run = accounts.get(account) ?? { fence: 0, seq: -1, events: new Map<number, string>(), lacks: null };
      accounts.set(account, run);
      const outcome = follow(run, type, value, (event) => erased.has(`${account} ${event}`));
      if (outcome === 'begins') found.runs++;
      else if (outcome === 'stale') found.stale++;
      else if (outcome === 'copy') found.copies++;
      else if (outcome !== 'next') say(`${record.key} at ${record.offset}: ${outcome}`);
    }
    found.copies += checkEnriched(log, say);
  }
  return { violations, ...found };
}

type Outcome = 'begins' | 'next' | 'copy' | 'stale' | `!${string}`;

function follow(
  run: RunState,
  type: Decoded['type'],
  value: { readonly fence: number; readonly seq: number; readonly eventId: string; readonly status?: string },
  isErased: (event: string) => boolean,
): Outcome {
  const { fence, seq, eventId } = value;
  if (type === 'SyncStarted' && fence > run.fence) {
    run.fence = fence;
    run.seq = seq;
    run.lacks = null;
    run.events.clear();
    run.events.set(seq, eventId);
    return seq === 0 ? 'begins' : `!a run begins with record ${seq}`;
  }
  if (fence < run.fence) return 'stale';
  if (fence > run.fence) return `!number ${fence} without a SyncStarted, after ${run.fence}`;
  if (seq <= run.seq) return run.events.get(seq) === eventId ? 'copy' : `!two runs with number ${fence}`;
  // What could not be written for long ends its run, which says so: nothing is made of what it lacks.
  const isAborted = value.status === 'aborted';
  const lacks = gapBefore(run, fence, seq, isErased) ?? run.lacks;
  if (lacks !== null && !isAborted) return lacks;
  run.lacks = type === 'SyncFinished' ? null : lacks;
  run.seq = seq;
  run.events.set(seq, eventId);
  return 'next';
}

function gapBefore(run: RunState, fence: number, seq: number, isErased: (event: string) => boolean): RunState['lacks'] {
  for (let lacking = run.seq + 1; lacking < seq; lacking++)
    if (!isErased(runEventId(fence, lacking))) return `!record ${seq} after ${run.seq} of number ${fence}`;
  return null;
}

/** Of a record, by its account and what it is called there, whichever try of writing it that was. */
function nameOf(key: string): readonly string[] {
  const parsed = parseRecordKey(key);
  return parsed === null ? [] : [`${parsed.account} ${parsed.event.replace(/~.*$/, '')}`];
}

/** How many copies there are. */
function checkEnriched({ ingest, enriched }: PartitionLog, say: (what: string) => void): number {
  const keys = new Map(ingest.map(({ offset, key }) => [offset, key]));
  const erasedAt = new Map(ingest.flatMap(({ key, value, offset }) => (value === null ? [[key, offset]] : [])));
  const isErased = (key: string, offset: number): boolean => offset < (erasedAt.get(key) ?? -1);
  const seen = new Set<number>();
  let last = -1;
  let copies = 0;
  for (const record of enriched) {
    const header = record.headers[HEADER.position];
    // A late vector is of an item that is there already.
    if (header === undefined) continue;
    const position = Number(header);
    const key = keys.get(position);
    if (key === undefined) say(`enriched has position ${position}, which ingest has not`);
    else if (record.value !== null && ingestKeyOf(record) !== key) say(`position ${position} bears another key`);
    if (seen.has(position)) {
      copies++;
      continue;
    }
    // Whoever read it late need not have found what was erased; a process that stood still goes on with it.
    if (position < last && !isErased(key ?? '', position)) say(`position ${position} came first after ${last}`);
    seen.add(position);
    last = Math.max(last, position);
  }
  for (const { key, offset } of ingest)
    if (!seen.has(offset) && !isErased(key, offset)) say(`position ${offset} never came through`);
  return copies;
}
