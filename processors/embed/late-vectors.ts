import { createHash } from 'node:crypto';
import { jitteredBackoffMs } from '../../core/backoff.ts';
import { messageOf } from '../../core/errors.ts';
import { lateVectorKey } from '../../core/keys.ts';
import type { AppendRecord, EventLog } from '../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { dimensionsOf } from '../../core/vector-bytes.ts';
import type { ClaimedVector, EmbeddingCache } from './embedding-cache.ts';
import type { EmbeddingQueue } from './embedding-queue.ts';
import type { SteadyDeps } from './steadily.ts';
import type { Embedding } from './waiting-texts.ts';

export interface LateVectorDeps extends SteadyDeps {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly cache: EmbeddingCache;
  readonly queue: EmbeddingQueue;
  readonly model: string;
  /** of the processor's consumers: its committed offsets say which items are in `enriched` */
  readonly group: string;
  /** items of one round; few, so that little is left undone when the process is stopped */
  readonly batchTexts: number;
}

const IDLE_MS = 5_000;
const MIN_PAUSE_MS = 100;
/** Much longer than a request with all its retries takes. */
const CLAIM_MS = 15 * 60_000;
const RETRY_BASE_MS = 10_000;
const RETRY_LIMIT_MS = 3_600_000;
const LONGEST_MS = Math.max(CLAIM_MS, RETRY_BASE_MS + RETRY_LIMIT_MS);

/**
 * Gives a vector to items that had to go on without one (law 10): asks again with a backoff, and writes a LateVector to
 * `enriched`. While the embedder is out, this alone asks it, one text at a time.
 */
export class LateVectors {
  readonly #deps: LateVectorDeps;
  readonly #stop: AbortSignal;

  constructor(deps: LateVectorDeps, stop: AbortSignal) {
    this.#deps = deps;
    this.#stop = stop;
  }

  /** Works until it is stopped. Never rejects. */
  async run(): Promise<void> {
    const { clock, queue, telemetry } = this.#deps;
    while (!this.#stop.aborted) {
      let pauseMs = IDLE_MS;
      try {
        const done = await this.#round();
        if (queue.outage.state === 'out') pauseMs = Math.max(MIN_PAUSE_MS, queue.outage.waitMs());
        else if (done > 0) pauseMs = 0;
      } catch (error) {
        if (!this.#stop.aborted) telemetry.log.warn('late vectors are put off', { error: messageOf(error) });
      }
      await clock.sleep(pauseMs, this.#stop).catch(() => {});
    }
  }

  /** One round; how many items got their vector, or are known never to get one. */
  async #round(): Promise<number> {
    const { cache, queue, telemetry } = this.#deps;
    const isOut = queue.outage.state === 'out';
    if (isOut && queue.outage.waitMs() > 0) return 0;
    const claimed = await this.#claim(isOut ? 1 : this.#deps.batchTexts);
    telemetry.metrics.gauge('hoardarr_pending_late_vectors', await cache.countPending());
    if (claimed.length === 0) {
      if (isOut) await queue.probe();
      return 0;
    }
    const embeddings = await queue.resolve(claimed, true);
    const outcome = new Map(claimed.map((entry) => [entry.key, embeddings.get(entry.textHash)]));
    const ready = claimed.filter(({ key }) => outcome.get(key)?.kind === 'vector');
    await this.#emit(ready, embeddings);
    const refused = claimed.filter(({ key }) => outcome.get(key)?.kind === 'refused');
    await cache.removePending([...ready, ...refused].map(({ key }) => key));
    for (const entry of claimed) {
      if (outcome.get(entry.key)?.kind === 'late') await this.#postpone(entry);
    }
    return ready.length + refused.length;
  }

  async #claim(limit: number): Promise<readonly ClaimedVector[]> {
    const { cache, clock, group, log } = this.#deps;
    // Most of the time nothing waits, and then the log need not be asked.
    if ((await cache.countPending()) === 0) return [];
    const committed: number[] = Array.from({ length: log.partitionCount }, () => 0);
    for (const lag of await log.lag()) {
      if (lag.group === group && lag.topic === 'ingest') committed[lag.partition] = lag.committed;
    }
    const now = clock.now();
    return cache.claimPending({ now, limit, until: now + CLAIM_MS, longestMs: LONGEST_MS, committed });
  }

  async #postpone({ key, attempts }: ClaimedVector): Promise<void> {
    const { cache, clock, random } = this.#deps;
    const waitMs = RETRY_BASE_MS + jitteredBackoffMs(attempts - 1, random(), RETRY_BASE_MS, RETRY_LIMIT_MS);
    await cache.postponePending([key], clock.now() + waitMs);
  }

  /** Where it fails the items stay claimed for a while, and then are emitted again. */
  async #emit(items: readonly ClaimedVector[], embeddings: ReadonlyMap<string, Embedding>): Promise<void> {
    const byPartition = new Map<number, AppendRecord[]>();
    for (const item of items) {
      const embedding = embeddings.get(item.textHash);
      if (embedding?.kind !== 'vector') continue;
      const records = byPartition.get(item.partition) ?? [];
      records.push(this.#record(item, embedding.vector));
      byPartition.set(item.partition, records);
    }
    for (const [partition, records] of byPartition) await this.#deps.log.append('enriched', partition, records);
  }

  #record(item: ClaimedVector, vector: Uint8Array): AppendRecord {
    const { clock, codec, model } = this.#deps;
    const { provider, user, collection, itemId, textHash, key } = item;
    // The same in every copy, and another for each raw item.
    const eventId = `late-${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`;
    const dimensions = dimensionsOf(vector);
    const head = { eventId, at: clock.now(), provider, user, collection, itemId };
    const value = codec.encode('LateVector', { ...head, textHash, vector, model, dimensions });
    // A claim that came to nothing may have been written all the same: then this displaces its like.
    return { key: lateVectorKey(key), value };
  }
}
