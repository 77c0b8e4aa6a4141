import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import type { Written } from '../floor/batches.ts';
import { atMost, below, holds } from '../goals.ts';
import { median, round } from '../measure.ts';
import { runPart } from '../part.ts';
import type { ReconcileResult } from './run-reconcile.ts';

const MAX_TIMES_FLOOR = 3;
const MAX_MEMORY_MB = 400;
const MAX_WAIT_MS = 100;
const MAX_EVENT_BYTES = 1_000_000;

/** A snapshot of many ids of which one of a hundred vanished, against reading the ids and a bare Set difference. */
export const reconcile: Bench = { items: 1_000_000, rounds: 3, run };

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const seed = path.join(folder, 'seed');
  const seeded = (await runPart('reconcile seed', { dataDir: seed, items })).result;
  const runs: (ReconcileResult & { peakMemoryMb: number })[] = [];
  const floors: Written[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const dataDir = path.join(folder, `run-${turn}`);
    cpSync(seed, dataDir, { recursive: true });
    const { result, peakMemoryMb } = await runPart('reconcile run', { dataDir, items, ...seeded });
    runs.push({ ...result, peakMemoryMb });
    const { result: floor } = await runPart('reconcile floor', { dataDir });
    floors.push(floor);
    rmSync(dataDir, { recursive: true });
    if (floor.listed !== seeded.count) throw new Error(`the floor read ${floor.listed} ids of ${seeded.count}`);
    process.stderr.write(
      `reconcile: round ${turn + 1} of ${rounds}: ${JSON.stringify({ ...result, peakMemoryMb, floorMs: floor.ms })}\n`,
    );
  }
  return report(items, items - seeded.count, runs, floors);
}

function report(
  items: number,
  vanished: number,
  runs: readonly (ReconcileResult & { peakMemoryMb: number })[],
  floors: readonly Written[],
): Measured {
  const ms = median(runs.map((result) => result.ms));
  const ratio = round(ms / median(floors.map((floor) => floor.ms)));
  const cpu = median(runs.map(({ cpuMs }) => cpuMs));
  const peakMemoryMb = Math.max(...runs.map((result) => result.peakMemoryMb));
  const largest = Math.max(...runs.map((result) => result.largestRecordBytes));
  const p99 = round(median(runs.map(({ waits }) => waits.p99Ms)), 1);
  const isRight = runs.every(({ removed, converged }) => removed === vanished && converged === true);
  return {
    figures: {
      items,
      vanished,
      cpuMs: round(cpu, 0),
      cpuRatio: round(cpu / median(floors.map(({ cpuMs }) => cpuMs))),
      rounds: runs.length,
      ms: runs.map((result) => round(result.ms, 0)),
      appendMs: round(median(runs.map(({ appendMs }) => appendMs)), 0),
      appliedMs: round(median(runs.map(({ appliedMs }) => appliedMs)), 0),
      peakMemoryMb,
      largestRecordBytes: largest,
      waits: runs.map(({ waits: { count, p50Ms, p99Ms, maxMs } }) => ({
        count,
        p50Ms: round(p50Ms, 1),
        p99Ms: round(p99Ms, 1),
        maxMs: round(maxMs, 1),
      })),
    },
    floor: {
      ms: floors.map((floor) => round(floor.ms, 0)),
      cpuMs: round(median(floors.map(({ cpuMs }) => cpuMs)), 0),
    },
    ratio,
    goals: [
      atMost("times the floor's time", ratio, MAX_TIMES_FLOOR),
      below('peak memory, MB', peakMemoryMb, MAX_MEMORY_MB),
      atMost('largest record, bytes', largest, MAX_EVENT_BYTES),
      below("99th percentile of another account's wait, ms", p99, MAX_WAIT_MS),
      holds('exactly what vanished was removed, and both sides agree', isRight),
    ],
  };
}
