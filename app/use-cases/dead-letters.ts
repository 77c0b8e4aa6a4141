import { DEAD_LETTER_HEADER } from '../../core/dead-letter.ts';
import { NotFoundError } from '../../core/errors.ts';
import { earlierKeysOf, HEADER, ingestKeyOf, itemOfKey } from '../../core/keys.ts';
import type { AppendRecord, LogRecord } from '../../core/ports/event-log.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { drain, PIPELINE } from './settle.ts';

export interface DeadLetter {
  /** `partition-offset` in the topic of dead letters */
  readonly id: string;
  /** where it came from */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly stage: string;
  readonly reason: string;
  readonly key: string;
  readonly at: string | null;
}

interface Found {
  readonly partition: number;
  readonly record: LogRecord;
}

interface Original {
  readonly topic: 'ingest' | 'enriched';
  readonly record: AppendRecord;
}

const PAGE_RECORDS = 500;
const DRAIN_LIMIT_MS = 30_000;
/** Law 2: snapshot records are never redriven, and neither is a SyncStarted (law 1). */
const NEVER_REDRIVEN: ReadonlySet<string> = new Set(['SnapshotBegin', 'SnapshotChunk', 'SnapshotEnd', 'SyncStarted']);

/** Records that no stage could take. */
export async function listDeadLetters(app: App): Promise<readonly DeadLetter[]> {
  return (await readAll(app)).map(({ partition, record }) => ({
    id: `${partition}-${record.offset}`,
    topic: record.headers[DEAD_LETTER_HEADER.topic] ?? '',
    partition: Number(record.headers[DEAD_LETTER_HEADER.partition] ?? partition),
    offset: Number(record.headers[DEAD_LETTER_HEADER.offset] ?? -1),
    stage: record.headers[DEAD_LETTER_HEADER.stage] ?? '',
    reason: record.headers[DEAD_LETTER_HEADER.message] ?? '',
    key: record.key,
    at: isoOf(record.timestamp),
  }));
}

/** How many of them there are: positions do not tell, since what was redriven or erased leaves gaps and tombstones. */
export async function countDeadLetters(app: App): Promise<number> {
  return (await readAll(app)).length;
}

/** The same by the stage that could not take them. */
export async function countByStage(app: App): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { record } of await readAll(app)) {
    const stage = record.headers[DEAD_LETTER_HEADER.stage] ?? '';
    counts.set(stage, (counts.get(stage) ?? 0) + 1);
  }
  return counts;
}

export interface Redriven {
  readonly redriven: number;
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Puts dead letters back into the log, all of them or those named, ordered by their new position but taken as content at
 * their first one (law 2). NotFoundError where one that was named is not there.
 */
export async function redriveDeadLetters(app: App, ids: readonly string[] = []): Promise<Redriven> {
  const all = await readAll(app);
  const known = new Set(all.map(({ partition, record }) => `${partition}-${record.offset}`));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new NotFoundError(`there is no dead letter ${unknown.join(', ')}`);
  const chosen =
    ids.length === 0 ? all : all.filter(({ partition, record }) => ids.includes(`${partition}-${record.offset}`));
  const skipped: { id: string; reason: string }[] = [];
  let redriven = 0;
  for (const { partition, record } of chosen) {
    const id = `${partition}-${record.offset}`;
    const reason = whyNot(app, record);
    const original = reason === null ? await originalOf(app, partition, record) : null;
    if (original === null) {
      skipped.push({ id, reason: reason ?? 'the record was erased meanwhile' });
      continue;
    }
    await app.log.append(original.topic, partition, [original.record]);
    // Only then: a crash in between redrives it twice, and a copy changes nothing.
    await app.log.append('dead-letter', partition, [{ key: record.key, value: null }]);
    redriven++;
  }
  if (redriven > 0) {
    await app.roles.ensure(PIPELINE);
    await drain(app, DRAIN_LIMIT_MS);
  }
  return { redriven, skipped };
}

async function readAll(app: App): Promise<readonly Found[]> {
  const found = new Map<string, readonly Found[]>();
  for (const { partition } of await app.log.ends('dead-letter')) {
    for (let from = 0; ; ) {
      const records = await app.log.read('dead-letter', partition, from, { records: PAGE_RECORDS });
      for (const record of records) {
        // What was redriven or erased leaves the log only when it is compacted.
        const slot = `${partition} ${record.key}`;
        if (record.value === null) found.delete(slot);
        else found.set(slot, [...(found.get(slot) ?? []), { partition, record }]);
      }
      const last = records.at(-1);
      if (last === undefined) break;
      from = last.offset + 1;
    }
  }
  return [...found.values()].flat();
}

function whyNot(app: App, record: LogRecord): string | null {
  const topic = record.headers[DEAD_LETTER_HEADER.topic];
  if (topic !== 'ingest' && topic !== 'enriched')
    return `records of ${topic ?? 'an unknown topic'} are not redriven: the command comes again by itself`;
  try {
    const { type } = app.codec.decode(record.value ?? new Uint8Array());
    return NEVER_REDRIVEN.has(type) ? `a ${type} is never redriven: import again` : null;
  } catch {
    // Bytes that cannot be read yet may be after an update; the stage says it again if not. What is of no single item may
    // belong to a snapshot.
    return itemOfKey(record.key) === null
      ? 'what cannot be read, and is of no single item, is never redriven: import again'
      : null;
  }
}

/** What is to be taken anew, and where; null when it was erased. */
async function originalOf(app: App, partition: number, record: LogRecord): Promise<Original | null> {
  const { headers, key, value, timestamp } = record;
  // A late vector has no place in `ingest`. A copy of it displaces its like.
  if (headers[DEAD_LETTER_HEADER.topic] === 'enriched' && headers[HEADER.position] === undefined)
    return { topic: 'enriched', record: { key, value, timestamp, headers: ownHeaders(headers) } };
  const fromIngest = headers[DEAD_LETTER_HEADER.topic] === 'ingest';
  const position = Number(headers[fromIngest ? DEAD_LETTER_HEADER.offset : HEADER.position] ?? -1);
  const source = fromIngest ? record : await readIngest(app, partition, position);
  if (source === null || source.value === null) return null;
  const first = source.headers[HEADER.firstPosition] ?? String(position);
  const [firstKey = ingestKeyOf(source), ...inVain] = earlierKeysOf(source.headers);
  // A copy that is redriven again leaves itself behind, too.
  if (HEADER.firstKey in source.headers) inVain.push(ingestKeyOf(source));
  const { [HEADER.position]: _position, [HEADER.ingestKey]: _key, ...kept } = ownHeaders(source.headers);
  const copy = {
    key: `${firstKey}~r${Math.floor(app.random() * 2 ** 40).toString(36)}`,
    value: source.value,
    timestamp: source.timestamp,
    headers: {
      ...kept,
      [HEADER.firstPosition]: first,
      [HEADER.firstKey]: firstKey,
      ...(inVain.length === 0 ? {} : { [HEADER.vainKeys]: inVain.join('\n') }),
    },
  };
  return { topic: 'ingest', record: copy };
}

/** Those that it had before it came into the dead letters. */
function ownHeaders(headers: LogRecord['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('__connect.errors.')));
}

async function readIngest(app: App, partition: number, position: number): Promise<LogRecord | null> {
  if (position < 0) return null;
  const [found] = await app.log.read('ingest', partition, position, { records: 1 });
  return found !== undefined && found.offset === position ? found : null;
}
