import { mkdirSync } from 'node:fs';
import { systemClock } from '../../app/clock.ts';
import { isGone, newInstance } from '../../app/instance.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import { createEmbedder } from '../../processors/embed/create-embedder.ts';
import { createEmbedProcessor } from '../../processors/embed/processor.ts';
import { openSqliteEmbeddingCache } from '../../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { openEmbeddedLog } from '../../transport/embedded/open-embedded-log.ts';
import { waitFor } from '../stack.ts';
import { appendTo } from './append-texts.ts';

export interface EmbedInput {
  readonly dataDir: string;
  readonly url: string;
  /** appended while the processor works; null: what is there is embedded */
  readonly append: { readonly user: string; readonly items: number } | null;
}

/** Embeds everything in the log with the `openai` embedder. Resolves to how long it took, ms. */
export async function runEmbed({ dataDir, url, append }: EmbedInput): Promise<number> {
  mkdirSync(dataDir, { recursive: true });
  const telemetry = createTelemetry({ level: 'error', secrets: [] });
  const deps = { clock: systemClock, random: Math.random, telemetry };
  const log = await openEmbeddedLog({ dataDir, clock: systemClock });
  const codec = openLocalCodec({ dataDir });
  const cache = openSqliteEmbeddingCache(dataDir);
  const embedder = await createEmbedder({ name: 'openai', baseUrl: url }, deps);
  const owner = { name: newInstance(), isRunning: async (name: string) => !isGone(name) };
  const processor = createEmbedProcessor({ ...deps, log, codec, embedder, cache, owner });
  const since = performance.now();
  await processor.start();
  if (append !== null) await appendTo(log, codec, append.user, append.items);
  await waitFor(async () => {
    const lags = (await log.lag()).filter(({ group }) => group === 'embed');
    return lags.length > 0 && lags.every(({ committed, end }) => committed >= end);
  });
  const ms = performance.now() - since;
  await processor.stop();
  await Promise.all([embedder.close(), cache.close(), log.close()]);
  return ms;
}
