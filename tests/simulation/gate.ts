import type { Clock } from '../../core/ports/clock.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { Batch, EventLog, SubscribeOptions, Subscription } from '../../core/ports/event-log.ts';

type Method = (...args: readonly unknown[]) => unknown;
type Meets = (method: string, args: readonly unknown[]) => boolean;

/** What does not wait for anything: no process stops in the middle of it. */
const AT_ONCE: ReadonlySet<string> = new Set(['partitionOf']);

const never = (): Promise<never> => new Promise(() => undefined);

/**
 * Everything that one process has to do with the world goes through its gate: it can be shut for a while, as for a process that
 * stands still, or for ever, as for one that was killed, before or after any single call.
 */
export class Gate {
  readonly name: string;
  /** of the process's clock against the true one, ms */
  skewMs = 0;
  readonly #subscriptions = new Set<Subscription>();
  readonly #evict: (subscription: Subscription, awake: Promise<void>) => void;
  #state: 'open' | 'frozen' | 'dead' = 'open';
  #waiting: (() => void)[] = [];
  #awake: Promise<void> = never();
  #wake = (): void => undefined;
  #fuse: { left: number; readonly burnt: () => void } | null = null;
  #trap: { readonly meets: Meets; readonly sprung: () => void } | null = null;

  /** @param evict lets others take over what a subscription has, until the process is awake again */
  constructor(name: string, evict: (subscription: Subscription, awake: Promise<void>) => void) {
    this.name = name;
    this.#evict = evict;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen';
  }

  freeze(): void {
    if (this.#state !== 'open') return;
    this.#state = 'frozen';
    this.#awake = new Promise((resolve) => {
      this.#wake = resolve;
    });
    this.#leaveGroups();
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'open';
    for (const go of this.#waiting.splice(0)) go();
    this.#wake();
  }

  kill(): void {
    this.#state = 'dead';
    this.#waiting = [];
    this.#awake = never();
    this.#leaveGroups();
  }

  #leaveGroups(): void {
    for (const subscription of this.#subscriptions) this.#evict(subscription, this.#awake);
  }

  /** After so many more steps, each the beginning or the end of a call, something happens to the process. */
  lightFuse(steps: number, burnt: () => void): void {
    this.#fuse = { left: steps, burnt };
  }

  /** Something happens to the process just before the next call that `meets` is true of. */
  layTrap(meets: Meets, sprung: () => void): void {
    this.#trap = { meets, sprung };
  }

  /** Nothing is to happen to the process any more. */
  cutFuse(): void {
    this.#fuse = null;
    this.#trap = null;
  }

  async through<T>(work: () => T | Promise<T>): Promise<T> {
    if (!this.#isClear) await this.#pass();
    const result = await work();
    if (!this.#isClear) await this.#pass();
    return result;
  }

  /** A port as the process sees it: `null` of a method's name in `instead` leaves it as it is. */
  wrap<T extends object>(port: T, instead: Readonly<Record<string, Method>> = {}): T {
    const wrapped = new Map<string, Method>();
    return new Proxy(port, {
      get: (target, name) => {
        const known = typeof name === 'string' ? wrapped.get(name) : undefined;
        if (known !== undefined) return known;
        const found: unknown = Reflect.get(target, name, target);
        if (typeof found !== 'function' || typeof name !== 'string') return found;
        const method = (instead[name] ?? found.bind(target)) as Method;
        const gated = AT_ONCE.has(name)
          ? method
          : (...args: readonly unknown[]): unknown => {
              if (this.#trap?.meets(name, args) === true) this.#spring();
              return this.through(() => method(...args));
            };
        wrapped.set(name, gated);
        return gated;
      },
    });
  }

  wrapClock(clock: Clock): Clock {
    return {
      now: () => clock.now() + this.skewMs,
      elapsed: () => clock.elapsed(),
      sleep: async (ms, signal) => {
        if (this.#state === 'dead') await never();
        await clock.sleep(ms, signal);
        await this.#pass();
      },
    };
  }

  wrapEmbedder(embedder: Embedder): Embedder {
    const { name, model, dimensions, batchTexts, concurrency } = embedder;
    return {
      name,
      model,
      dimensions,
      batchTexts,
      concurrency,
      embed: (texts, signal) => this.through(() => embedder.embed(texts, signal)),
      close: async () => undefined,
    };
  }

  /** Batches come, and are committed, as long as the process works. */
  wrapLog(log: EventLog): EventLog {
    const subscribe = async (options: SubscribeOptions): Promise<Subscription> => {
      const { handler, onAssigned, onRevoked } = options;
      const subscription = await log.subscribe({
        ...options,
        handler: (batch) => this.through(() => handler(this.#wrapBatch(batch))),
        ...(onAssigned === undefined
          ? {}
          : { onAssigned: (topic, partition) => this.through(() => onAssigned(topic, partition)) }),
        ...(onRevoked === undefined
          ? {}
          : { onRevoked: (topic, partition) => this.through(() => onRevoked(topic, partition)) }),
      });
      this.#subscriptions.add(subscription);
      // Stopped while it joined.
      if (!this.isOpen) this.#evict(subscription, this.#awake);
      return {
        assignments: () => subscription.assignments(),
        close: async () => {
          await subscription.close();
          this.#subscriptions.delete(subscription);
        },
      };
    };
    return this.wrap(log, { subscribe: subscribe as Method, close: async () => undefined });
  }

  #wrapBatch(batch: Batch): Batch {
    const { topic, partition, records, signal } = batch;
    return { topic, partition, records, signal, commit: (next) => this.through(() => batch.commit(next)) };
  }

  #spring(): void {
    const trap = this.#trap;
    this.#trap = null;
    trap?.sprung();
  }

  /** Nothing can happen to the process now. */
  get #isClear(): boolean {
    return this.#fuse === null && this.#state === 'open';
  }

  async #pass(): Promise<void> {
    if (this.#fuse !== null && --this.#fuse.left <= 0) {
      const { burnt } = this.#fuse;
      this.#fuse = null;
      burnt();
    }
    if (this.#state === 'open') return;
    if (this.#state === 'dead') return never();
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
