import type { RunRow } from '../../core/ledger.ts';
import type { RunWriter } from '../../producers/run-writer.ts';
import { snapshotChunks } from '../../producers/snapshot-chunks.ts';
import { openForReading } from '../floor/open-bare.ts';
import { cpuMs, percentile } from '../measure.ts';
import { sampleId } from '../sample-items.ts';
import { filesOf, openStack, waitFor } from '../stack.ts';
import { OtherAccount } from './other-account.ts';
import { hasVanished, SCOPE, SECOND_AS_OF, savedAtOf } from './scope.ts';
import type { SeedResult } from './seed-scope.ts';

export interface ReconcileInput extends SeedResult {
  readonly dataDir: string;
  readonly items: number;
}

export interface ReconcileResult {
  /** from the append of the Begin until all decisions have come back and both sides are compared */
  readonly ms: number;
  /** computing, meanwhile */
  readonly cpuMs: number;
  /** of `ms`, until the End is in the log, and until the snapshot is applied */
  readonly appendMs: number;
  readonly appliedMs: number;
  readonly removed: number;
  readonly converged: boolean | null;
  readonly waits: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
  readonly largestRecordBytes: number;
}

const SYNC_ID = 'second';
const SNAPSHOT_ID = 'second-snapshot';
const WARM_UP_MS = 500;
const DIMENSIONS = 64;

/** Sends a snapshot through the log and the sink of a store that `seedScope` made. */
export async function runReconcile(input: ReconcileInput): Promise<ReconcileResult> {
  const { dataDir, items } = input;
  const itemIds = idsOf(items);
  const ids = { ...input, itemIds, savedAt: itemIds.map(savedAtOf), documentHashes: [] };
  const stack = await openStack(dataDir, DIMENSIONS);
  await stack.start();
  const other = new OtherAccount(stack);
  other.start();
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  const writer = stack.newRun(SCOPE, SYNC_ID, 1);
  await writer.append(
    [
      {
        type: 'SyncStarted',
        value: { mode: 'import', login: null, causedBy: null, commandId: null, credentialKind: null },
      },
    ],
    () => {},
  );
  const since = performance.now();
  const cpuSince = cpuMs();
  await appendSnapshot(writer, ids, input);
  const appendMs = performance.now() - since;
  let appliedMs = 0;
  let run: RunRow | null = null;
  await waitFor(async () => {
    run = await stack.store.run(SYNC_ID);
    if (appliedMs === 0 && run?.snapshotOutcome !== null && run?.snapshotOutcome !== undefined)
      appliedMs = performance.now() - since;
    return (run?.settledAt ?? null) !== null;
  });
  const ms = performance.now() - since;
  const cpu = cpuMs() - cpuSince;
  const waits = await other.stop();
  const settled = await stack.store.run(SYNC_ID);
  await stack.close();
  return {
    ms,
    cpuMs: cpu,
    appendMs,
    appliedMs,
    removed: settled?.counts.removed ?? 0,
    converged: settled?.converged ?? null,
    waits: {
      count: waits.length,
      p50Ms: percentile(waits, 0.5),
      p99Ms: percentile(waits, 0.99),
      maxMs: percentile(waits, 1),
    },
    largestRecordBytes: largestRecord(filesOf(dataDir).log),
  };
}

/** In order. */
function idsOf(items: number): readonly string[] {
  const itemIds: string[] = [];
  for (let n = 0; n < items; n++) if (!hasVanished(n)) itemIds.push(sampleId(n));
  return itemIds.sort();
}

type Listed = Parameters<typeof snapshotChunks>[0];

async function appendSnapshot(
  writer: RunWriter,
  ids: Listed,
  { count, digest, contentDigest }: SeedResult,
): Promise<void> {
  const head = { collection: SCOPE.collection, snapshotId: SNAPSHOT_ID };
  await writer.append([{ type: 'SnapshotBegin', value: { ...head, login: null, asOf: null } }], () => {});
  let index = 0;
  for (const chunk of snapshotChunks(ids)) {
    await writer.append([{ type: 'SnapshotChunk', value: { ...head, index, ...chunk } }], () => {});
    index++;
  }
  const end = {
    ...head,
    status: 'complete',
    reason: null,
    login: null,
    chunks: index,
    count,
    digest,
    contentDigest,
    digestOnly: false,
    coverage: 'complete',
    kinds: [''],
    proof: 'absence',
    asOf: SECOND_AS_OF,
    oldestRow: null,
    explicitlyEmpty: false,
    evidence: '{}',
  } as const;
  await writer.append([{ type: 'SnapshotEnd', value: end }], () => {});
  await writer.append([{ type: 'SyncFinished', value: { status: 'done', error: null, counts: {} } }], () => {});
}

/** Key, headers and value together. */
function largestRecord(file: string): number {
  const db = openForReading(file);
  const tables = db
    .prepare<[], string>(
      "SELECT m.name FROM sqlite_schema m WHERE EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE name = 'headers')",
    )
    .pluck()
    .all();
  const sizes = tables.map((table) =>
    Number(
      db
        .prepare(`SELECT max(length(key) + ifnull(length(headers), 0) + ifnull(length(value), 0)) FROM "${table}"`)
        .pluck()
        .get(),
    ),
  );
  db.close();
  return Math.max(...sizes);
}
