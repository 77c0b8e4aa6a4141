import path from 'node:path';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { startServer } from '../embed/remote-server.ts';
import { atLeast, atMost, below, holds } from '../goals.ts';
import { round } from '../measure.ts';
import { startPart } from '../start-part.ts';
import { type FlowResult, runFlow } from './flow.ts';

const ACCOUNTS = 64;
const LATENCY_MS = 200;
/** So few that the latency counts, and not only the two cores. */
const TEXTS_PER_REQUEST = 16;
const REQUESTS_AT_ONCE = 4;
const DIMENSIONS = 32;
const MAX_MEMORY_MB = 300;

/** Items of 64 accounts on Kafka and Couchbase's protocol server, while processes come and go; laws 1 and 8 proved afterwards. */
export const distributed: Bench = { items: 100_000, rounds: 1, run };

async function run({ items, folder }: BenchOptions): Promise<Measured> {
  const say = (line: string): void => void process.stderr.write(`distributed: ${line}\n`);
  const parts = [];
  const server = await startServer(LATENCY_MS, { texts: TEXTS_PER_REQUEST });
  try {
    for (const part of ['kafka', 'registry', 'couchbase'] as const)
      parts.push(await startPart(part, path.join(folder, part)));
    const environment = {
      HOARDARR_EVENT_LOG: 'kafka',
      HOARDARR_STORE: 'couchbase',
      SCHEMA_REGISTRY_AUTO_REGISTER: 'on',
      KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      HOARDARR_TOPIC_PREFIX: 'bench.',
      HOARDARR_EMBEDDER: 'openai',
      OPENAI_API_KEY: 'sk-invented',
      OPENAI_BASE_URL: server.url,
      OPENAI_EMBEDDING_DIMENSIONS: String(DIMENSIONS),
      ...Object.fromEntries(parts.flatMap((part) => Object.entries(part.environment))),
    };
    return report(items, await runFlow({ items, accounts: ACCOUNTS, folder, environment, say }));
  } finally {
    await server.stop();
    for (const part of parts) await part.stop();
  }
}

function report(items: number, flow: FlowResult): Measured {
  const { phases, violations, sameDigest, ms, ...counts } = flow;
  const [one, two, four] = phases;
  const gainOf = (phase = one): number => round((phase?.perS ?? 0) / (one?.perS ?? 1), 2);
  const mostPerS = (1_000 / LATENCY_MS) * TEXTS_PER_REQUEST * REQUESTS_AT_ONCE;
  return {
    figures: { items, accounts: ACCOUNTS, latencyMs: LATENCY_MS, ms: round(ms, 0), phases, ...counts },
    floor: { perSOfOneEmbedder: mostPerS },
    ratio: round((one?.perS ?? 0) / mostPerS, 3),
    goals: [
      atLeast('rate with two embedders ÷ with one', gainOf(two), 1.5),
      atLeast('rate with four embedders ÷ with one', gainOf(four), 2),
      atMost('violations of laws 1 and 8 in the records', violations.length, 0),
      holds('the fold of ingest gives the digest of the store', sameDigest),
      ...(['producer', 'embed', 'sink'] as const).map((role) =>
        below(`peak memory of ${role}, MB`, flow.peakMemoryMb[role] ?? Number.POSITIVE_INFINITY, MAX_MEMORY_MB),
      ),
      holds('nothing is lost or doubled', counts.active + counts.trash === items),
    ],
  };
}
