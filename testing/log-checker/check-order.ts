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
    const order = new IngestOrder(log.partition, deps);
    // What is erased later than it is missed counts too.
    for (const record of log.ingest) order.noteErased(record);
    for (const record of log.ingest) violations.push(...order.see(record));
    found.runs += order.runs;
    found.stale += order.stale;
    found.copies +=
      order.copies + checkEnriched(log, (what) => void violations.push(`partition ${log.partition}: ${what}`));
  }
  return { violations, ...found };
}

/** Law 1 of the records of one partition of `ingest`, each by those before it. */
export class IngestOrder {
  runs = 0;
  stale = 0;
  copies = 0;
  readonly #partition: number;
  readonly #deps: OrderCheckDeps;
  readonly #accounts = new Map<string, RunState>();
  readonly #erased = new Set<string>();

  constructor(partition: number, deps: OrderCheckDeps) {
    this.#partition = partition;
    this.#deps = deps;
  }

  /** What it erases may be missing. */
  noteErased({ key, value }: LogRecord): void {
    if (value === null) for (const name of nameOf(key)) this.#erased.add(name);
  }

  /** What breaks the law. */
  see(record: LogRecord): readonly string[] {
    const wrong: string[] = [];
    const say = (what: string): void => void wrong.push(`partition ${this.#partition}: ${record.key} ${what}`);
    const account = parseRecordKey(record.key)?.account ?? '';
    if (this.#deps.partitionOf(account) !== this.#partition) say('belongs to another one');
    if (record.value === null) return wrong;
    const { type, value } = this.#deps.decode(record.value);
    if (!('fence' in value)) return wrong;
    const run = this.#accounts.get(account) ?? { fence: 0, seq: -1, events: new Map<number, string>(), lacks: null };
    this.#accounts.set(account, run);
    const outcome = follow(run, type, value, (event) => this.#erased.has(`${account} ${event}`));
    if (outcome === 'begins') this.runs++;
    else if (outcome === 'stale') this.stale++;
    else if (outcome === 'copy') this.copies++;
    else if (outcome !== 'next') say(`at ${record.offset}: ${outcome}`);
    return wrong;
  }
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
