import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { storeFile } from '../../app/data-folder.ts';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import type { Written } from '../floor/batches.ts';
import { atMost, holds } from '../goals.ts';
import { median, round } from '../measure.ts';
import { runPart } from '../part.ts';
import { GENERATION } from '../stack.ts';
import type { RebuildResult } from './run-rebuild.ts';

const TEXT_BYTES = 96;
const DIMENSIONS = 64;

/** Records of `ingest` folded into a fresh generation, against a bare script that writes the same rows. */
export const rebuild: Bench = { items: 1_000_000, rounds: 1, run };

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const dataDir = path.join(folder, 'live');
  const to = path.join(folder, 'floor');
  mkdirSync(dataDir);
  const live = (await runPart('pipeline run', { dataDir, items, textBytes: TEXT_BYTES, dimensions: DIMENSIONS }))
    .result;
  process.stderr.write(`rebuild: the live store took ${round(live.ms / 1_000, 1)} s\n`);
  const runs: (RebuildResult & { peakMemoryMb: number })[] = [];
  const floors: Written[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const { result, peakMemoryMb } = await runPart('rebuild run', { dataDir, dimensions: DIMENSIONS });
    runs.push({ ...result, peakMemoryMb });
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(`${storeFile(dataDir, GENERATION + 1)}${suffix}`, { force: true });
    mkdirSync(to);
    floors.push((await runPart('rebuild floor', { dataDir, to })).result);
    rmSync(to, { recursive: true });
    process.stderr.write(`rebuild: round ${turn + 1} of ${rounds}\n`);
  }
  return report(runs, floors, live.digest);
}

function report(
  runs: readonly (RebuildResult & { peakMemoryMb: number })[],
  floors: readonly Written[],
  digest: string,
): Measured {
  const replayed = runs[0]?.replayed ?? 0;
  const rate = (replayed * 1_000) / median(runs.map(({ ms }) => ms));
  const floorRate = (replayed * 1_000) / median(floors.map(({ ms }) => ms));
  return {
    figures: {
      replayed,
      rounds: runs.length,
      recordsPerS: round(rate, 0),
      ms: runs.map(({ ms }) => round(ms, 0)),
      digestMs: round(median(runs.map(({ digestMs }) => digestMs)), 0),
      peakMemoryMb: Math.max(...runs.map(({ peakMemoryMb }) => peakMemoryMb)),
    },
    floor: { recordsPerS: round(floorRate, 0), ms: floors.map(({ ms }) => round(ms, 0)) },
    ratio: round(rate / floorRate, 3),
    goals: [
      atMost('embedding calls', Math.max(...runs.map(({ embeddingCalls }) => embeddingCalls)), 0),
      holds(
        'same digest over id, state, content hash and vector hash as the live store',
        runs.every((run) => run.digest === digest),
      ),
    ],
  };
}
