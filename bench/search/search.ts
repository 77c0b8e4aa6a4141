import path from 'node:path';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { atLeast, below } from '../goals.ts';
import { median, percentile, round } from '../measure.ts';
import { runPart } from '../part.ts';
import { HITS } from './collection.ts';

const QUERIES = 200;
const FLOOR_QUERIES = 100;
const MAX_P95_MS = 50;
const MIN_RECALL = 0.98;

/** Hybrid search, against sqlite-vec's plain scan of float vectors. */
export const search: Bench = { items: 100_000, rounds: 1, run };

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const queries = Math.min(QUERIES, items);
  const dataDir = path.join(folder, 'store');
  await runPart('search seed', { dataDir, items });
  process.stderr.write('search: the store is made\n');
  const floor = (
    await runPart('search floor', {
      dataDir: path.join(folder, 'floor'),
      items,
      queries: Math.min(FLOOR_QUERIES, queries),
    })
  ).result;
  process.stderr.write('search: the floor is measured\n');
  const runs = [];
  for (let turn = 0; turn < rounds; turn++) runs.push(await runPart('search run', { dataDir, queries }));
  const p95 = median(runs.map(({ result }) => percentile(result.hybridMs, 0.95)));
  const p50 = median(runs.map(({ result }) => percentile(result.hybridMs, 0.5)));
  const vectorMs = runs.flatMap(({ result }) => result.vectorMs);
  const recall = recallOf(floor.nearest, runs[0]?.result.nearest ?? []);
  return {
    figures: {
      items,
      queries,
      p50Ms: round(p50, 1),
      p95Ms: round(p95, 1),
      recall,
      vectorP50Ms: round(median(vectorMs), 1),
      textP50Ms: round(median(runs.flatMap(({ result }) => result.textMs)), 1),
      textP95Ms: round(
        percentile(
          runs.flatMap(({ result }) => result.textMs),
          0.95,
        ),
        1,
      ),
      peakMemoryMb: Math.max(...runs.map(({ peakMemoryMb }) => peakMemoryMb)),
    },
    floor: { queries: floor.ms.length, p50Ms: round(median(floor.ms), 1), p95Ms: round(percentile(floor.ms, 0.95), 1) },
    ratio: round(p50 / median(floor.ms), 3),
    goals: [below('95th percentile, ms', round(p95, 1), MAX_P95_MS), atLeast(`recall@${HITS}`, recall, MIN_RECALL)],
  };
}

/** The share of the exactly nearest that were found. */
function recallOf(exact: readonly (readonly string[])[], found: readonly (readonly string[])[]): number {
  let hits = 0;
  let all = 0;
  exact.forEach((ids, query) => {
    const got = new Set(found[query]);
    all += ids.length;
    hits += ids.filter((id) => got.has(id)).length;
  });
  return round(hits / all, 4);
}
