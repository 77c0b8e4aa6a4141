import fetchProtocol from 'kafkajs/src/protocol/requests/fetch/index.js';
import { jitteredBackoffMs } from '../../core/backoff.ts';
import { LogUnavailableError, messageOf } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/telemetry.ts';
import { type FetchedPartition, parseFetchResponse } from './fetch-response.ts';
import type { KafkaLink } from './kafka-link.ts';

/** One partition of a fetch. */
export interface Wanted {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly maxBytes: number;
}

/** Who takes what a Fetcher brings. */
export interface Hungry {
  readonly topic: string;
  readonly partition: number;
  /** where to go on, or null while it has enough */
  wanted(): number | null;
  accept(from: number, fetched: FetchedPartition): Promise<void>;
}

export interface FetcherDeps {
  readonly link: KafkaLink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const VERSION = 11;
const READ_UNCOMMITTED = 0;
const MAX_BYTES = 8 * 1_048_576;
/** Of a partition, compressed: it may be ten times as large once it is read, so many partitions get less each. */
const PARTITION_BYTES = 262_144;
const LEAST_PARTITION_BYTES = 65_536;
const ALL_PARTITIONS_BYTES = 1_048_576;
/** How long a broker waits for something new, where every partition of it waits; and where another is only full for now. */
const IDLE_WAIT_MS = 500;
const BUSY_WAIT_MS = 20;
/** Elections take about as long. */
const LOOK_AGAIN_MS = 1_000;

/** Asks one broker for what it has of these partitions, and waits there at most so long while it has nothing. */
export async function fetchFrom(
  link: KafkaLink,
  nodeId: number,
  wanted: readonly Wanted[],
  maxWaitMs: number,
): Promise<readonly FetchedPartition[]> {
  const broker = await link.broker(nodeId);
  const { request, requestTimeout } = fetchProtocol.protocol({ version: VERSION })({
    isolationLevel: READ_UNCOMMITTED,
    maxWaitTime: maxWaitMs,
    minBytes: 1,
    maxBytes: MAX_BYTES,
    rackId: '',
    topics: wanted.map(({ topic, partition, from, maxBytes }) => ({
      topic,
      partitions: [{ partition, fetchOffset: String(from), maxBytes }],
    })),
  });
  const response = {
    decode: async (bytes: Buffer) => parseFetchResponse(bytes),
    parse: async (decoded: ReturnType<typeof parseFetchResponse>) => decoded,
  };
  const { errorCode, partitions } = await broker.connectionPool.send({ request, response, requestTimeout });
  if (errorCode !== 0) throw new LogUnavailableError(`a fetch was refused with error ${errorCode}`);
  return partitions;
}

/** Keeps the partitions of a consumer supplied: at most one request to each broker at a time, and none for who has enough. */
export class Fetcher {
  readonly #deps: FetcherDeps;
  readonly #hungry = new Set<Hungry>();
  readonly #busyNodes = new Set<number>();
  #pumping = false;
  #again = false;
  readonly #closing = new AbortController();
  #failures = 0;
  /** had no leader when it was looked last */
  readonly #leaderless = new Set<Hungry>();

  constructor(deps: FetcherDeps) {
    this.#deps = deps;
  }

  add(hungry: Hungry): void {
    this.#hungry.add(hungry);
    this.wake();
  }

  remove(hungry: Hungry): void {
    this.#hungry.delete(hungry);
  }

  close(): void {
    this.#closing.abort();
    this.#hungry.clear();
  }

  /** Somebody may want more. */
  wake(): void {
    this.#again = true;
    if (this.#pumping || this.#closing.signal.aborted) return;
    this.#pumping = true;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#closing.signal.aborted) {
      this.#again = false;
      try {
        await this.#startFetches();
      } catch (error) {
        await this.#backOff(error);
        this.#again = true;
      }
    }
    // In the same turn as the look at `again`, so that no call falls between the two.
    this.#pumping = false;
  }

  async #startFetches(): Promise<void> {
    const { link } = this.#deps;
    const byNode = new Map<number, { all: number; hungry: { one: Hungry; from: number }[] }>();
    const failures: Error[] = [];
    for (const one of this.#hungry) {
      if (this.#leaderless.has(one)) continue;
      const nodeId = await link.leaderIdOf(one.topic, one.partition).catch((error: Error) => {
        failures.push(error);
        this.#leaderless.add(one);
        return null;
      });
      if (nodeId === null) continue;
      const node = byNode.get(nodeId) ?? { all: 0, hungry: [] };
      byNode.set(nodeId, node);
      node.all += 1;
      const from = one.wanted();
      if (from !== null) node.hungry.push({ one, from });
    }
    for (const [nodeId, { all, hungry }] of byNode) {
      if (hungry.length === 0 || this.#busyNodes.has(nodeId)) continue;
      this.#busyNodes.add(nodeId);
      void this.#fetch(nodeId, hungry, all);
    }
    const [failure] = failures;
    if (failure === undefined) return;
    if (byNode.size > 0) {
      void this.#lookAgain(failure);
      return;
    }
    // Where no partition has a leader, the connections may be to blame.
    this.#leaderless.clear();
    throw failure;
  }

  /** For partitions that have no leader now; those that have one go on meanwhile. */
  async #lookAgain(reason: unknown): Promise<void> {
    const { clock, log } = this.#deps;
    log.warn('some partitions cannot be read from Kafka now; looking again', { error: messageOf(reason) });
    await clock.sleep(LOOK_AGAIN_MS, this.#closing.signal).catch(() => {});
    this.#leaderless.clear();
    this.wake();
  }

  /** @param all partitions that this broker leads, the full ones too */
  async #fetch(nodeId: number, hungry: readonly { one: Hungry; from: number }[], all: number): Promise<void> {
    const maxWaitMs = all === hungry.length ? IDLE_WAIT_MS : BUSY_WAIT_MS;
    const share = Math.floor(ALL_PARTITIONS_BYTES / all);
    const maxBytes = Math.min(PARTITION_BYTES, Math.max(LEAST_PARTITION_BYTES, share));
    try {
      const wanted = hungry.map(({ one: { topic, partition }, from }) => {
        return { topic, partition, from, maxBytes };
      });
      const fetched = await fetchFrom(this.#deps.link, nodeId, wanted, maxWaitMs);
      const failures: Error[] = [];
      for (const partition of fetched) {
        const taker = hungry.find(({ one }) => one.topic === partition.topic && one.partition === partition.partition);
        // What one partition cannot take is no reason to throw the answers of the others away.
        if (taker !== undefined && this.#hungry.has(taker.one))
          await taker.one.accept(taker.from, partition).catch((error: Error) => void failures.push(error));
      }
      const [failure] = failures;
      if (failure !== undefined) throw failure;
      this.#failures = 0;
    } catch (error) {
      await this.#backOff(error);
    } finally {
      this.#busyNodes.delete(nodeId);
      this.wake();
    }
  }

  async #backOff(reason: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { link, clock, random, log } = this.#deps;
    const waitMs = jitteredBackoffMs(this.#failures, random(), 200, 10_000);
    this.#failures += 1;
    log.warn('records cannot be fetched from Kafka now; trying again', { error: messageOf(reason), waitMs });
    await link.reset();
    await clock.sleep(waitMs, this.#closing.signal).catch(() => {});
  }
}
