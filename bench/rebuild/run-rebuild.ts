import { systemClock } from '../../app/clock.ts';
import { storeFile } from '../../app/data-folder.ts';
import { vectorCache } from '../../app/fresh-generation.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import { createHashEmbedder } from '../../processors/embed/hash/hash-embedder.ts';
import { openSqliteEmbeddingCache } from '../../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { Rebuild } from '../../sinks/rebuild.ts';
import { openSqliteStore } from '../../sinks/sqlite/sqlite-store.ts';
import { VectorSource } from '../../sinks/vector-source.ts';
import { openEmbeddedLog } from '../../transport/embedded/open-embedded-log.ts';
import { GENERATION } from '../stack.ts';

export interface RebuildInput {
  readonly dataDir: string;
  readonly dimensions: number;
}

export interface RebuildResult {
  readonly ms: number;
  readonly replayed: number;
  readonly embeddingCalls: number;
  readonly digest: string;
  readonly digestMs: number;
}

/** Folds everything in the log into a fresh generation. */
export async function runRebuild({ dataDir, dimensions }: RebuildInput): Promise<RebuildResult> {
  const telemetry = createTelemetry({ level: 'error', secrets: [] });
  const log = await openEmbeddedLog({ dataDir, clock: systemClock });
  const codec = openLocalCodec({ dataDir });
  const cache = openSqliteEmbeddingCache(dataDir);
  const embedder = createHashEmbedder({ telemetry }, dimensions);
  const fresh = await openSqliteStore({ file: storeFile(dataDir, GENERATION + 1) });
  const vectors = new VectorSource({ log, codec, cache: vectorCache(cache), embedder, newModel: false });
  const rebuild = new Rebuild({ log, codec, fresh, vectors, pause: () => systemClock.sleep(0) });
  const since = performance.now();
  for (const { partition, end } of await log.ends('ingest')) await rebuild.fold(partition, end - 1);
  const ms = performance.now() - since;
  const digest = await fresh.digest();
  const digestMs = performance.now() - since - ms;
  await Promise.all([fresh.close(), cache.close(), log.close()]);
  return { ms, replayed: rebuild.replayed, embeddingCalls: vectors.embeddingCalls, digest, digestMs };
}
