import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogUnavailableError } from '../../core/errors.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { Fetcher } from './fetcher.ts';
import type { KafkaLink } from './kafka-link.ts';

const TOPIC = 'ingest';
const NODE = 1;
const ANSWER_MS = 100;
const SECOND_MS = 1_000;

/** Brokers that lose the leader of one partition for as long as a test wants; outages.test.ts has real ones. */
describe('a fetcher of several partitions', () => {
  const leaderless = new Set<number>();
  const refusing = new Set<number>();
  let accepted: Map<number, number>;
  let resets: number;
  let clock: VirtualClock;
  let fetcher: Fetcher;
  beforeEach(() => {
    leaderless.clear();
    refusing.clear();
    accepted = new Map();
    resets = 0;
    clock = new VirtualClock();
    const send = async () => {
      await clock.sleep(ANSWER_MS);
      return { errorCode: 0, partitions: [0, 1, 2].filter((each) => !leaderless.has(each)).map(answerOf) };
    };
    const link = {
      leaderIdOf: async (_topic: string, partition: number): Promise<number> => {
        if (leaderless.has(partition)) throw new LogUnavailableError('it has no leader now');
        return NODE;
      },
      broker: async () => ({ connectionPool: { send } }),
      reset: async () => void resets++,
    };
    const { log } = new RecordingTelemetry();
    fetcher = new Fetcher({ link: link as unknown as KafkaLink, clock, random: () => 0.5, log });
    for (const partition of [0, 1, 2]) fetcher.add(hungry(partition));
  });
  afterEach(() => fetcher.close());

  const answerOf = (partition: number): FetchedPartition => {
    return { topic: TOPIC, partition, errorCode: 0, highWatermark: 1, bytes: Buffer.alloc(0) };
  };
  const hungry = (partition: number) => ({
    topic: TOPIC,
    partition,
    wanted: () => 0,
    accept: async (): Promise<void> => {
      if (refusing.has(partition)) throw new LogUnavailableError('it cannot be read');
      accepted.set(partition, (accepted.get(partition) ?? 0) + 1);
    },
  });

  it('goes on with those that have a leader, keeps its connections, and looks again for the others', async () => {
    leaderless.add(1);
    await clock.advance(60 * SECOND_MS);
    expect(accepted.get(0)).toBeGreaterThan(100);
    expect(accepted.get(2)).toBe(accepted.get(0));
    expect(accepted.get(1)).toBeUndefined();
    expect(resets).toBe(0);
    leaderless.clear();
    await clock.advance(5 * SECOND_MS);
    expect(accepted.get(1)).toBeGreaterThan(10);
  });

  it('begins anew with its connections where none has a leader', async () => {
    for (const partition of [0, 1, 2]) leaderless.add(partition);
    await clock.advance(60 * SECOND_MS);
    expect(resets).toBeGreaterThan(3);
    leaderless.clear();
    await clock.advance(20 * SECOND_MS);
    expect([...accepted.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  it('keeps what came for others where one cannot take its own', async () => {
    refusing.add(0);
    await clock.advance(60 * SECOND_MS);
    expect(accepted.get(0)).toBeUndefined();
    expect(accepted.get(1)).toBeGreaterThan(3);
    expect(accepted.get(2)).toBe(accepted.get(1));
  });
});
