import path from 'node:path';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { atLeast, below, holds } from '../goals.ts';
import { median, round } from '../measure.ts';
import { type PartReport, runPart } from '../part.ts';
import { startPart } from '../start-part.ts';
import type { MergeScopeResult } from './merge-scope.ts';
import type { Place } from './place.ts';

const LEAST_RATIO = 0.7;
const MEMORY_MB = 300;
/** Ids of the large scope for each item that is measured: 1,000,000 by default. */
const SCOPE_FACTOR = 50;

/** Items that a sink commits to Couchbase, against bare concurrent upserts of the same documents. */
export const couchbase: Bench = { items: 20_000, rounds: 3, run };

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const isGiven = (process.env['COUCHBASE_URL'] ?? '') !== '';
  const started = isGiven ? null : await startPart('couchbase', path.join(folder, 'server'));
  try {
    const server = serverOf(started?.environment ?? process.env);
    const runs: { ms: number; digest: string; peakMemoryMb: number }[] = [];
    const floors: { ms: number; peakMemoryMb: number }[] = [];
    // The server gets slower as it fills: the two take turns, and overwrite nothing.
    await runPart('couchbase floor', { server, prefix: 'warm-up:', items: Math.min(items, 2_000) });
    for (let turn = 0; turn < rounds; turn++) {
      const floor = await runPart('couchbase floor', { server, prefix: `floor-${process.pid}-${turn}:`, items });
      floors.push({ ...floor.result, peakMemoryMb: floor.peakMemoryMb });
      const { result, peakMemoryMb } = await runPart('couchbase run', {
        server,
        prefix: `run-${process.pid}-${turn}:`,
        items,
      });
      runs.push({ ...result, peakMemoryMb });
      process.stderr.write(`couchbase: round ${turn + 1} of ${rounds}\n`);
    }
    const large = { server, prefix: `scope-${process.pid}:`, items: items * SCOPE_FACTOR };
    const seeded = (await runPart('couchbase seed', large)).result;
    const scope = await runPart('couchbase scope', { ...large, seeded });
    process.stderr.write(`couchbase: a scope of ${large.items} ids took ${round(seeded.ms / 1_000, 1)} s to write\n`);
    return report(items, runs, floors, scope);
  } finally {
    await started?.stop();
  }
}

function serverOf(environment: Readonly<Record<string, string | undefined>>): Place['server'] {
  const {
    COUCHBASE_URL: url = '',
    COUCHBASE_USERNAME: username = '',
    COUCHBASE_PASSWORD: password = '',
    COUCHBASE_BUCKET: bucket = 'hoardarr',
  } = environment;
  return { url, username, password, bucket };
}

function report(
  items: number,
  runs: readonly { ms: number; digest: string; peakMemoryMb: number }[],
  floors: readonly { ms: number; peakMemoryMb: number }[],
  scope: PartReport<MergeScopeResult>,
): Measured {
  const rate = (items * 1_000) / median(runs.map(({ ms }) => ms));
  const floorRate = (items * 1_000) / median(floors.map(({ ms }) => ms));
  const ratio = round(rate / floorRate, 3);
  const peakMemoryMb = Math.max(...runs.map((each) => each.peakMemoryMb));
  return {
    figures: {
      items,
      itemsPerS: round(rate, 0),
      ms: runs.map(({ ms }) => round(ms, 0)),
      peakMemoryMb,
      scope: {
        ids: items * SCOPE_FACTOR,
        mergeMs: round(scope.result.mergeMs, 0),
        countMs: round(scope.result.countMs, 0),
        peakMemoryMb: scope.peakMemoryMb,
      },
    },
    floor: {
      itemsPerS: round(floorRate, 0),
      ms: floors.map(({ ms }) => round(ms, 0)),
      peakMemoryMb: Math.max(...floors.map((each) => each.peakMemoryMb)),
    },
    ratio,
    goals: [
      atLeast('rate, of bare concurrent upserts', ratio, LEAST_RATIO),
      below('memory of the process, MB', peakMemoryMb, MEMORY_MB),
      below('memory with one large scope, MB', scope.peakMemoryMb, MEMORY_MB),
      holds('the large scope is compared rightly', scope.result.isRight),
      holds('every round ends with the same digest', new Set(runs.map(({ digest }) => digest)).size === 1),
    ],
  };
}
