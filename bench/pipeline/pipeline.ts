import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { atLeast, below } from '../goals.ts';
import { median, round } from '../measure.ts';
import { runPart } from '../part.ts';
import type { PipelineResult } from './run-pipeline.ts';
import type { FloorResult } from './write-floor.ts';

const TEXT_BYTES = 1_024;
const DIMENSIONS = 512;
const MIN_SHARE_OF_FLOOR = 0.5;
const MAX_MEMORY_MB = 300;

/** Items through log, hash embedder and sink, against a bare script that writes the same bytes to the same tables. */
export const pipeline: Bench = { items: 100_000, rounds: 3, run };

interface Round extends PipelineResult {
  readonly peakMemoryMb: number;
  readonly floor: FloorResult;
}

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const measured: Round[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const dataDir = path.join(folder, `run-${turn}`);
    const to = path.join(folder, `floor-${turn}`);
    await Promise.all([mkdir(dataDir), mkdir(to)]);
    const input = { dataDir, items, textBytes: TEXT_BYTES, dimensions: DIMENSIONS };
    const { result, peakMemoryMb } = await runPart('pipeline run', input);
    const { result: floor } = await runPart('pipeline floor', { dataDir, to });
    measured.push({ ...result, peakMemoryMb, floor });
    await Promise.all([dataDir, to].map((used) => rm(used, { recursive: true })));
    process.stderr.write(`pipeline: round ${turn + 1} of ${rounds}\n`);
  }
  return report(items, measured);
}

function report(items: number, rounds: readonly Round[]): Measured {
  const middle = (value: (of: Round) => number): number => median(rounds.map(value));
  const floorMs = ({ floor: { log, cache, store } }: Round): number => log.ms + cache.ms + store.ms;
  const floorCpuMs = ({ floor: { log, cache, store } }: Round): number => log.cpuMs + cache.cpuMs + store.cpuMs;
  const rate = (items * 1_000) / middle(({ ms }) => ms);
  const floorRate = (items * 1_000) / middle(floorMs);
  const peakMemoryMb = Math.max(...rounds.map((of) => of.peakMemoryMb));
  const ratio = round(rate / floorRate, 3);
  return {
    figures: {
      items,
      rounds: rounds.length,
      textBytes: TEXT_BYTES,
      dimensions: DIMENSIONS,
      itemsPerS: round(rate, 0),
      ms: rounds.map(({ ms }) => round(ms, 0)),
      appendMs: round(
        middle(({ appendMs }) => appendMs),
        0,
      ),
      cpuMs: round(
        middle(({ cpuMs }) => cpuMs),
        0,
      ),
      cpuRatio: round(middle(floorCpuMs) / middle(({ cpuMs }) => cpuMs), 3),
      peakMemoryMb,
    },
    floor: {
      itemsPerS: round(floorRate, 0),
      ms: rounds.map((of) => round(floorMs(of), 0)),
      cpuMs: round(middle(floorCpuMs), 0),
      logMs: round(
        middle(({ floor }) => floor.log.ms),
        0,
      ),
      cacheMs: round(
        middle(({ floor }) => floor.cache.ms),
        0,
      ),
      storeMs: round(
        middle(({ floor }) => floor.store.ms),
        0,
      ),
    },
    ratio,
    goals: [
      atLeast("share of the floor's rate", ratio, MIN_SHARE_OF_FLOOR),
      below('peak memory, MB', peakMemoryMb, MAX_MEMORY_MB),
    ],
  };
}
