import { setMaxListeners } from 'node:events';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { Batch, EventLog, Subscription } from '../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { Telemetry } from '../../core/ports/telemetry.ts';
import type { EmbeddingCache } from './embedding-cache.ts';
import { EmbeddingQueue } from './embedding-queue.ts';
import { createEnrichedWriter } from './enriched-writer.ts';
import { LateVectors } from './late-vectors.ts';
import { DEFAULT_LIMITS, type EmbedLimits } from './limits.ts';
import { PartitionWindow } from './partition-window.ts';
import { Planner } from './plan.ts';
import type { Owner } from './reservations.ts';

export interface EmbedProcessorOptions {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly embedder: Embedder;
  readonly cache: EmbeddingCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** default `embed` */
  readonly group?: string;
  readonly limits?: Partial<EmbedLimits>;
  /** no two processors that share a cache have the same name, unless one is dead */
  readonly owner: Owner;
}

export interface EmbedProcessor {
  /** @throws LogUnavailableError */
  start(): Promise<void>;
  /** Waits a while for what is in flight, then ends. The log, the cache and the embedder stay open. Idempotent. */
  stop(): Promise<void>;
  /** `failing`: worth waiting for; `out`: items go on without a vector until it is back. */
  embedderState(): 'up' | 'failing' | 'out';
}

/** A late round takes at most this many items, so that the texts of an outage do not fill the memory. */
const LATE_TEXTS = 512;

/**
 * Copies `ingest` to `enriched`, partition by partition and in order, and gives each item its vector on the way.
 *
 * Poison goes to the dead letters. While the embedder is out, items go on without a vector and get it later.
 */
export function createEmbedProcessor(options: EmbedProcessorOptions): EmbedProcessor {
  return new Processor(options);
}

class Processor implements EmbedProcessor {
  readonly #options: EmbedProcessorOptions;
  readonly #group: string;
  readonly #limits: EmbedLimits;
  readonly #stopping = new AbortController();
  readonly #queue: EmbeddingQueue;
  readonly #windows = new Map<number, PartitionWindow>();
  readonly #newWindow: (partition: number) => PartitionWindow;
  #draining = false;
  #subscription: Subscription | undefined;
  #late: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: EmbedProcessorOptions) {
    const { cache, clock, codec, embedder, log, owner, random, telemetry } = options;
    this.#options = options;
    // Each wait that a stop has to end is a listener.
    setMaxListeners(0, this.#stopping.signal);
    this.#group = options.group ?? 'embed';
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    const steady = { clock, random, telemetry };
    const queue = new EmbeddingQueue({ embedder, cache, owner }, steady, this.#limits, this.#stopping.signal);
    const [planner, writer] = [new Planner(codec), createEnrichedWriter(codec)];
    this.#queue = queue;
    this.#newWindow = (partition) =>
      new PartitionWindow(partition, {
        ...steady,
        log,
        planner,
        writer,
        queue,
        cache,
        limits: this.#limits,
        sharers: () => [...this.#windows.values()].filter((window) => !window.isEmpty).length,
        model: embedder.model,
      });
  }

  async start(): Promise<void> {
    const { batchRecords, batchBytes } = this.#limits;
    this.#subscription = await this.#options.log.subscribe({
      group: this.#group,
      topics: ['ingest'],
      maxBatchRecords: batchRecords,
      maxBatchBytes: batchBytes,
      handler: (batch) => this.#handle(batch),
      onAssigned: async (_topic, partition) => {
        this.#forget(partition);
        return undefined;
      },
      onRevoked: async (_topic, partition) => this.#forget(partition),
    });
    const { embedder } = this.#options;
    const late = new LateVectors(
      {
        ...this.#options,
        queue: this.#queue,
        model: embedder.model,
        group: this.#group,
        batchTexts: Math.min(LATE_TEXTS, embedder.batchTexts),
      },
      this.#stopping.signal,
    );
    this.#late = late.run();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  embedderState(): 'up' | 'failing' | 'out' {
    return this.#queue.outage.state;
  }

  async #handle(batch: Batch): Promise<void> {
    const { partition, signal } = batch;
    if (this.#draining) return untilAborted(signal);
    const window = this.#windows.get(partition) ?? this.#newWindow(partition);
    this.#windows.set(partition, window);
    try {
      await window.accept(batch);
    } catch (error) {
      // Fenced: whatever is read again from the committed offset needs a new window.
      this.#forget(partition);
      throw error;
    }
  }

  /** What the window still holds drops by itself: its batches' signals are aborted. */
  #forget(partition: number): void {
    this.#windows.delete(partition);
    this.#queue.expect(partition, false);
  }

  async #stop(): Promise<void> {
    this.#draining = true;
    for (const partition of this.#windows.keys()) this.#queue.expect(partition, false);
    const windows = [...this.#windows.values()];
    const drained = Promise.all(windows.map((window) => window.drained()));
    const waited = new AbortController();
    const deadline = this.#options.clock.sleep(this.#limits.drainMs, waited.signal).catch(() => {});
    await Promise.race([drained, deadline]);
    waited.abort();
    try {
      await this.#subscription?.close();
    } finally {
      // Only now, so that what ends is dropped as belonging to nobody, and not taken for a failure.
      this.#stopping.abort(new Error('the processor is stopped'));
      await Promise.all([drained, this.#late, this.#queue.close()]);
    }
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
