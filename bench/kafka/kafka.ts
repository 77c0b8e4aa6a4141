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

/** The pipeline with its log on a real broker, against bare kafkajs that moves the same bytes through the same steps. */
export const kafka: Bench = { items: 50_000, rounds: 3, run };

interface Round {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakMemoryMb: number;
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
      const { result, peakMemoryMb } = await runPart('kafka run', { ...input, ...place });
      const { result: floor } = await runPart('kafka floor', place);
      const { ms, cpuMs } = result;
      measured.push({ ms, cpuMs, peakMemoryMb, floorMs: floor.ms, floorCpuMs: floor.cpuMs });
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
  const peakMemoryMb = Math.max(...rounds.map((of) => of.peakMemoryMb));
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
      cpuRatio: round(floorCpuMs / cpuMs, 3),
      peakMemoryMb,
    },
    floor: { itemsPerS: round(floorRate, 0), ms: rounds.map(({ floorMs }) => round(floorMs, 0)), cpuMs: floorCpuMs },
    ratio,
    goals: [
      atLeast("share of the floor's rate", ratio, MIN_SHARE_OF_FLOOR),
      below('peak memory, MB', peakMemoryMb, MAX_MEMORY_MB),
    ],
  };
}
