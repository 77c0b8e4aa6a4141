import type { App } from '../../app/app.ts';
import type { EventLog, LogRecord, TopicName } from '../../core/ports/event-log.ts';
import { checkDecisions } from './check-decisions.ts';
import { checkOrder, type PartitionLog } from './check-order.ts';
import { foldDigest } from './fold-digest.ts';

/** What the topics and the store say of what happened. */
export interface Proof {
  /** of laws 1 and 8; none where they hold */
  readonly violations: readonly string[];
  readonly runs: number;
  readonly decisions: number;
  readonly copies: number;
  readonly stale: number;
  readonly active: number;
  readonly trash: number;
  /** the fold of `ingest`, by itself, gives the digest that the store has */
  readonly sameDigest: boolean;
}

const PAGE_RECORDS = 1_000;

/** Reads both topics whole, and holds the store against them. */
export async function proveLog({ log, codec, store, stores }: App): Promise<Proof> {
  const logs: PartitionLog[] = [];
  for (let partition = 0; partition < log.partitionCount; partition++) {
    const [ingest, enriched] = [await readAll(log, 'ingest', partition), await readAll(log, 'enriched', partition)];
    logs.push({ partition, ingest, enriched });
  }
  const decode = (value: Uint8Array): ReturnType<typeof codec.decode> => codec.decode(value);
  const order = checkOrder(logs, { partitionOf: (account) => log.partitionOf(account), decode });
  const decided = checkDecisions(logs, decode);
  const by = await stores.embedder();
  if (by === null) throw new Error('nothing was embedded');
  const totals = await store.totals();
  const sum = (count: (of: (typeof totals)[number]) => number): number =>
    totals.reduce((all, each) => all + count(each), 0);
  return {
    violations: [...order.violations, ...decided.violations],
    runs: order.runs,
    decisions: decided.decisions,
    copies: order.copies,
    stale: order.stale,
    active: sum(({ active }) => active),
    trash: sum(({ trash }) => trash),
    sameDigest: (await foldDigest(log, codec, by)) === (await store.digest()),
  };
}

async function readAll(log: EventLog, topic: TopicName, partition: number): Promise<readonly LogRecord[]> {
  const all: LogRecord[] = [];
  for (let from = 0; ; ) {
    const records = await log.read(topic, partition, from, { records: PAGE_RECORDS });
    const last = records.at(-1);
    if (last === undefined) return all;
    all.push(...records);
    from = last.offset + 1;
  }
}
