import { messageOf } from '../../core/errors.ts';
import type { EmbeddingCache, Reserved } from './embedding-cache.ts';
import { type SteadyDeps, steadily } from './steadily.ts';

/** Who asks for vectors, as others that share the cache know it. */
export interface Owner {
  readonly name: string;
  /** Whether an owner of that name may still be at work; one that is not holds nothing. */
  readonly isRunning: (name: string) => Promise<boolean>;
}

export interface Reservation extends Reserved {
  readonly id: string;
}

/** Much longer than a request with all its retries takes. */
const RESERVE_MS = 15 * 60_000;

/** What this process has reserved in the cache, so that no other one asks for the same texts (law 9). */
export class Reservations {
  readonly #cache: EmbeddingCache;
  readonly #model: string;
  readonly #owner: Owner;
  readonly #deps: SteadyDeps;
  readonly #stop: AbortSignal;
  /** by id, what puts them into the cache */
  readonly #open = new Map<string, Promise<unknown>>();
  #count = 0;

  constructor(cache: EmbeddingCache, model: string, owner: Owner, deps: SteadyDeps, stop: AbortSignal) {
    this.#cache = cache;
    this.#model = model;
    this.#owner = owner;
    this.#deps = deps;
    this.#stop = stop;
  }

  /** @throws the stop signal's reason */
  async take(textHashes: readonly string[]): Promise<Reservation> {
    this.#count += 1;
    const id = `${this.#owner.name}/${this.#count}`;
    const taking = this.#take(id, textHashes);
    this.#open.set(id, taking);
    const reserved = await taking;
    if (reserved.mine.size === 0) this.#open.delete(id);
    return { id, ...reserved };
  }

  /** @throws the stop signal's reason; `close` releases it then */
  async giveBack({ id, mine }: Reservation): Promise<void> {
    if (mine.size === 0) return;
    const release = () => this.#cache.release(id);
    await steadily('releasing texts in the embedding cache', release, this.#deps, this.#stop);
    this.#open.delete(id);
  }

  /** Gives back what is still held, after the stop. Never rejects: what cannot be given back runs out. */
  async close(): Promise<void> {
    for (const [id, taking] of this.#open) {
      await taking.catch(() => {});
      await this.#cache.release(id).catch((error: unknown) => {
        this.#deps.telemetry.log.warn('texts in the embedding cache stay reserved', { error: messageOf(error) });
      });
    }
    this.#open.clear();
  }

  async #take(id: string, textHashes: readonly string[]): Promise<Reserved> {
    const reserved = await this.#reserve(id, textHashes, []);
    const dead: string[] = [];
    for (const name of new Set(reserved.others.values())) if (!(await this.#isRunning(name))) dead.push(name);
    return dead.length === 0 ? reserved : await this.#reserve(id, textHashes, dead);
  }

  #reserve(id: string, textHashes: readonly string[], over: readonly string[]): Promise<Reserved> {
    const { clock } = this.#deps;
    const reserve = () => {
      const now = clock.now();
      const options = { id, owner: this.#owner.name, now, until: now + RESERVE_MS, over };
      return this.#cache.reserve(this.#model, textHashes, options);
    };
    return steadily('reserving texts in the embedding cache', reserve, this.#deps, this.#stop);
  }

  /** Of whom nothing can be learned now, the same is asked again a moment later. */
  async #isRunning(name: string): Promise<boolean> {
    try {
      return await this.#owner.isRunning(name);
    } catch (error) {
      this.#deps.telemetry.log.warn('nobody knows who is at work on a text', { error: messageOf(error) });
      return true;
    }
  }
}
