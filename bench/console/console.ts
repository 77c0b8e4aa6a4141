import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { atLeast, below } from '../goals.ts';
import { median, percentile, round } from '../measure.ts';
import { runPart } from '../part.ts';
import { sampleItems } from '../sample-items.ts';
import { sampleQuery } from '../sample-query.ts';
import { SEED_TEXT_BYTES } from '../seed-store.ts';
import { type Browsed, openBrowser } from './browse.ts';
import { startProgram } from './program.ts';

const QUERIES = 40;
const WORDS = 2;
/** What is found again lies all over the collection. */
const STRIDE = 2_477;
const MAX_SEARCH_P95_MS = 100;
const MIN_FRAMES_A_SECOND = 50;
const MAX_MEMORY_MB = 150;
const MAX_USABLE_MS = 1_000;

/** The console in Chromium on a large collection; the floor asks the same program the same questions by bare fetch. */
export const consoleBench: Bench = { items: 100_000, rounds: 3, run };

interface Round extends Browsed {
  readonly bareMs: readonly number[];
}

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const dataDir = path.join(folder, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  // It makes its files itself; the collection is put into them while nobody has them open.
  await (await startProgram(dataDir)).stop();
  await runPart('console seed', { dataDir, items });
  process.stderr.write('console: the collection is made\n');
  const program = await startProgram(dataDir);
  const browser = await openBrowser(program.url);
  const measured: Round[] = [];
  try {
    for (let turn = 0; turn < rounds; turn++) {
      const browsed = await browser.browse(queriesOf(items, 2 * turn));
      measured.push({ ...browsed, bareMs: await askBare(program.url, queriesOf(items, 2 * turn + 1)) });
      process.stderr.write(`console: round ${turn + 1} of ${rounds}\n`);
    }
  } finally {
    await browser.close();
    await program.stop();
  }
  return report(items, measured);
}

/** Other ones in each turn, none twice: what a page has asked before it has at hand. */
function queriesOf(items: number, turn: number): readonly string[] {
  const itemAt = sampleItems(SEED_TEXT_BYTES);
  const queries = new Set<string>();
  for (let n = turn * 10 * QUERIES; queries.size < QUERIES; n++)
    queries.add(sampleQuery(itemAt((n * STRIDE) % items).document.body ?? '', n, WORDS));
  return [...queries];
}

async function askBare(url: string, queries: readonly string[]): Promise<readonly number[]> {
  const ms: number[] = [];
  for (const q of queries) {
    const asked = new URLSearchParams({ q, limit: '50' }).toString();
    const since = performance.now();
    const answer = await fetch(`${url}/v1/search?${asked}`);
    if (!answer.ok) throw new Error(`the search was answered with status ${answer.status}`);
    await answer.text();
    ms.push(performance.now() - since);
  }
  return ms;
}

function report(items: number, measured: readonly Round[]): Measured {
  const of = (pick: (each: Round) => number, digits = 1): number => round(median(measured.map(pick)), digits);
  const searchP50Ms = of(({ searchMs }) => median(searchMs));
  const searchP95Ms = of(({ searchMs }) => percentile(searchMs, 0.95));
  const framesASecond = of((each) => each.framesASecond);
  const memoryMb = Math.max(...measured.map((each) => each.processMb));
  const usableMs = of((each) => each.usableMs, 0);
  const bareP50Ms = of(({ bareMs }) => median(bareMs));
  return {
    figures: {
      items,
      queries: QUERIES * measured.length,
      searchP50Ms,
      searchP95Ms,
      framesASecond,
      frameP95Ms: of(({ frameMs }) => percentile(frameMs, 0.95)),
      heapMb: Math.max(...measured.map((each) => each.heapMb)),
      processMb: memoryMb,
      usableMs,
    },
    floor: { p50Ms: bareP50Ms, p95Ms: of(({ bareMs }) => percentile(bareMs, 0.95)) },
    ratio: round(searchP50Ms / bareP50Ms),
    goals: [
      below('95th percentile of a search in the browser, ms', searchP95Ms, MAX_SEARCH_P95_MS),
      atLeast('frames a second while it scrolls', framesASecond, MIN_FRAMES_A_SECOND),
      below("memory of the page's process that is its own, MB", memoryMb, MAX_MEMORY_MB),
      below('ms until it is usable', usableMs, MAX_USABLE_MS),
    ],
  };
}
