import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { textHashOf } from '../../core/text-hash.ts';
import type { FakeOpenAiStats } from '../../testing/fake-openai/fake-openai.ts';
import { tokensOf } from '../../testing/fake-openai/rules.ts';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { openForReading } from '../floor/open-bare.ts';
import { atMost, holds } from '../goals.ts';
import { round } from '../measure.ts';
import { runPart, startPart } from '../part.ts';
import { filesOf } from '../stack.ts';
import { shortTexts } from './append-texts.ts';
import { type RemoteServer, startServer } from './remote-server.ts';

const LATENCY_MS = 200;
const TEXTS_A_REQUEST = 500;
const MAX_TOKENS_RATIO = 1.01;
const POLL_MS = 5;

/** Short texts through the processor and a fake OpenAI server; the floor is what the texts need. */
export const embed: Bench = { items: 20_000, rounds: 1, run };

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const server = await startServer(LATENCY_MS);
  const texts = shortTexts(items);
  const necessary = texts.reduce((sum, text) => sum + tokensOf(text), 0);
  const dataDir = path.join(folder, 'whole');
  const first = await runPart('embed run', { dataDir, url: server.url, append: { user: 'me', items } });
  const whole = await server.stats();
  server.reset();
  await runPart('embed run', { dataDir, url: server.url, append: { user: 'you', items } });
  const again = await server.stats();
  const kills: Killed[] = [];
  for (let turn = 0; turn < rounds; turn++)
    kills.push(await runKilled(server, path.join(folder, `killed-${turn}`), texts));
  await server.stop();
  return report({ items, necessary, first, whole, again, kills });
}

interface Killed {
  readonly sent: number;
  /** requests without an answer at the kill, or whose answer had not been kept by then */
  readonly inFlight: number;
  readonly embeddedAtKill: number;
}

/** The processor is killed when the server has answered for half of the texts, and started again. */
async function runKilled(server: RemoteServer, dataDir: string, texts: readonly string[]): Promise<Killed> {
  await runPart('embed append', { dataDir, user: 'me', items: texts.length });
  server.reset();
  const { child } = startPart('embed run', { dataDir, url: server.url, append: null });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while ((await server.stats()).embedded * 2 < texts.length && child.exitCode === null) await delay(POLL_MS);
  child.kill('SIGKILL');
  await ended;
  const before = await settledStats(server);
  const kept = keptTokens(filesOf(dataDir).cache, texts);
  await runPart('embed run', { dataDir, url: server.url, append: null });
  const after = await server.stats();
  return { sent: after.tokens, inFlight: before.tokens - kept, embeddedAtKill: before.embedded };
}

/** The server learns a little later that its client is gone. */
async function settledStats(server: RemoteServer): Promise<FakeOpenAiStats> {
  await delay(2 * LATENCY_MS);
  return server.stats();
}

function keptTokens(file: string, texts: readonly string[]): number {
  const db = openForReading(file);
  const kept = new Set(db.prepare<[], string>('SELECT lower(hex(text_hash)) FROM vectors').pluck().all());
  db.close();
  return texts.reduce((sum, text) => (kept.has(textHashOf(text)) ? sum + tokensOf(text) : sum), 0);
}

interface Findings {
  readonly items: number;
  readonly necessary: number;
  readonly first: { readonly result: number; readonly peakMemoryMb: number };
  readonly whole: FakeOpenAiStats;
  readonly again: FakeOpenAiStats;
  readonly kills: readonly Killed[];
}

function report({ items, necessary, first, whole, again, kills }: Findings): Measured {
  const ratioOf = (tokens: number): number => round(tokens / necessary, 4);
  const undisturbed = ratioOf(whole.tokens);
  const killed = Math.max(...kills.map(({ sent, inFlight }) => ratioOf(sent - inFlight)));
  return {
    figures: {
      items,
      latencyMs: LATENCY_MS,
      ms: round(first.result, 0),
      peakMemoryMb: first.peakMemoryMb,
      requests: whole.requests,
      mostInFlight: whole.mostInFlight,
      tokensSent: whole.tokens,
      secondPassRequests: again.requests,
      kills: kills.map(({ sent, inFlight, embeddedAtKill }) => ({
        embeddedAtKill,
        tokensSent: sent,
        tokensInFlight: inFlight,
        ratio: ratioOf(sent - inFlight),
        ratioWithInFlight: ratioOf(sent),
      })),
    },
    floor: {
      tokens: necessary,
      requests: Math.ceil(items / TEXTS_A_REQUEST),
      ms: Math.ceil(items / 2_048 / 4) * LATENCY_MS,
    },
    ratio: undisturbed,
    goals: [
      atMost('requests', whole.requests, Math.ceil(items / TEXTS_A_REQUEST)),
      atMost('requests of a second pass', again.requests, 0),
      atMost('tokens sent ÷ tokens necessary', undisturbed, MAX_TOKENS_RATIO),
      atMost('tokens sent ÷ tokens necessary, killed half way, without requests in flight', killed, MAX_TOKENS_RATIO),
      holds(
        'the kill came half way',
        kills.every(({ embeddedAtKill }) => embeddedAtKill < items),
      ),
    ],
  };
}
