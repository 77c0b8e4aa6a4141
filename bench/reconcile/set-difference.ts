import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import { eachOf, openForReading } from '../floor/open-bare.ts';
import { cpuMs } from '../measure.ts';
import { filesOf } from '../stack.ts';

export interface DifferenceResult {
  readonly ms: number;
  readonly cpuMs: number;
  readonly listed: number;
  readonly vanished: number;
}

/** The floor: reads the ids of the snapshot and of the ledger, and tells which are in one alone. */
export async function setDifference({ dataDir }: { readonly dataDir: string }): Promise<DifferenceResult> {
  const files = filesOf(dataDir);
  const codec = openLocalCodec({ dataDir });
  const log = openForReading(files.log);
  const store = openForReading(files.store, 65_536);
  const tables = log.prepare<[], string>("SELECT name FROM sqlite_schema WHERE name GLOB 'ingest_*'").pluck().all();
  const since = performance.now();
  const cpuSince = cpuMs();
  const listed = new Set<string>();
  for (const table of tables) {
    const chunks = log
      .prepare<[], Uint8Array>(`SELECT value FROM ${table} WHERE key GLOB '*f1.*' AND length(value) > 10000`)
      .pluck();
    for (const value of eachOf(chunks)) {
      const decoded = codec.decode(value);
      if (decoded.type === 'SnapshotChunk') for (const itemId of decoded.value.itemIds) listed.add(itemId);
    }
  }
  const vanished: string[] = [];
  const rows = store.prepare<[], string>('SELECT item_id FROM ledger WHERE scope_id = 1').pluck();
  for (const itemId of eachOf(rows)) if (!listed.has(itemId)) vanished.push(itemId);
  const ms = performance.now() - since;
  const cpu = cpuMs() - cpuSince;
  log.close();
  store.close();
  return { ms, cpuMs: cpu, listed: listed.size, vanished: vanished.length };
}
