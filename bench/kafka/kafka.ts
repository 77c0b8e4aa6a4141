import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { atLeast, below } from '../goals.ts';
import { median, round } from '../measure.ts';
import { runPart } from '../part.ts';
import { startPart } from '../start-part.ts';

const TEXT_BYTES = 1_024;
const DIMENSIONS = 512;
const MIN_SHARE_OF_FLOOR = 0.7;
const MAX_MEMORY_MB = 300;

const ROLES = ['producer', 'embed', 'sink'] as const;

/**
 * The pipeline with its log on a real broker and a process for each role, as on several machines, against bare kafkajs that
 * moves the same bytes through the same steps.
 */
export const kafka: Bench = { items: 50_000, rounds: 3, run };

interface Round {
  readonly ms: number;
  readonly cpuMs: number;
  /** of each process, by role */
  readonly peakMemoryMb: readonly number[];
  readonly cpuOf: readonly number[];
  readonly floorMs: number;
  readonly floorCpuMs: number;
}

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const broker = await startPart('kafka', path.join(folder, 'broker'));
  const brokers = (broker.environment['KAFKA_BROKERS'] ?? '').split(',');
  const measured: Round[] = [];
  try {
    for (let turn = 0; turn < rounds; turn++) {
      const dataDir = path.join(folder, `run-${turn}`);
      await mkdir(dataDir);
      const place = { brokers, topicPrefix: `bench-${turn}.` };
      const input = { dataDir, items, textBytes: TEXT_BYTES, dimensions: DIMENSIONS };
      const reports = await Promise.all(ROLES.map((role) => runPart('kafka run', { ...input, ...place, role })));
      const { result: floor } = await runPart('kafka floor', place);
      const results = reports.map(({ result }) => result);
      const cpuOf = results.map(({ cpuMs }) => cpuMs);
      measured.push({
        ms: Math.max(...results.map(({ until }) => until)) - (results[0]?.since ?? 0),
        cpuMs: cpuOf.reduce((sum, each) => sum + each, 0),
        cpuOf,
        peakMemoryMb: reports.map((report) => report.peakMemoryMb),
        floorMs: floor.ms,
        floorCpuMs: floor.cpuMs,
      });
      await rm(dataDir, { recursive: true });
      process.stderr.write(`kafka: round ${turn + 1} of ${rounds}\n`);
    }
  } finally {
    await broker.stop();
  }
  return report(items, measured);
}

function report(items: number, rounds: readonly Round[]): Measured {
  const middle = (value: (of: Round) => number): number => round(median(rounds.map(value)), 0);
  const rate = (items * 1_000) / middle(({ ms }) => ms);
  const floorRate = (items * 1_000) / middle(({ floorMs }) => floorMs);
  const byRole = <T>(value: (index: number) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(ROLES.map((role, index) => [role, value(index)]));
  const peakMemoryMb = byRole((index) => Math.max(...rounds.map((of) => of.peakMemoryMb[index] ?? 0)));
  const ratio = round(rate / floorRate, 3);
  const cpuMs = middle((of) => of.cpuMs);
  const floorCpuMs = middle((of) => of.floorCpuMs);
  return {
    figures: {
      items,
      rounds: rounds.length,
      textBytes: TEXT_BYTES,
      dimensions: DIMENSIONS,
      itemsPerS: round(rate, 0),
      ms: rounds.map(({ ms }) => round(ms, 0)),
      cpuMs,
      cpuMsByRole: byRole((index) => middle((of) => of.cpuOf[index] ?? 0)),
      cpuRatio: round(floorCpuMs / cpuMs, 3),
      peakMemoryMb,
    },
    floor: { itemsPerS: round(floorRate, 0), ms: rounds.map(({ floorMs }) => round(floorMs, 0)), cpuMs: floorCpuMs },
    ratio,
    goals: [
      atLeast("share of the floor's rate", ratio, MIN_SHARE_OF_FLOOR),
      ...ROLES.map((role) => below(`peak memory of ${role}, MB`, peakMemoryMb[role] ?? 0, MAX_MEMORY_MB)),
    ],
  };
}
