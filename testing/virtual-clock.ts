import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../core/ports/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Enough turns of the event loop for whatever was woken to come to rest. */
const TURNS = 20;
/** The same where nothing but promises is between one sleep and the next: they come to rest within a turn. */
export const PROMISE_TURNS = 1;
/** The same while a file is read: so many turns may be between one read and the next. */
const READING_TURNS = 12;

/**
 * A clock that stands still until a test moves it: hours pass in no time, and always in the same order. It goes in whole ms, as
 * the machine's does, also where somebody sleeps for a part of one: records take no other times.
 */
export class VirtualClock implements Clock {
  #now: number;
  /** of the event loop, between one sleep and the next */
  readonly #turns: number;
  /** files that are read now */
  #reading = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(now = 1_700_000_000_000, turns = TURNS) {
    this.#now = now;
    this.#turns = turns;
  }

  now(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { at: this.#now + Math.ceil(Math.max(0, ms)), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** While a file is read, until `done`, it is waited longer for whatever was woken. */
  reading(): { readonly done: () => void } {
    this.#reading++;
    let isDone = false;
    const done = (): void => {
      if (!isDone) this.#reading--;
      isDone = true;
    };
    return { done };
  }

  /**
   * Wakes one sleeper after the other, in order of time, until the condition holds.
   *
   * @throws Error where nobody sleeps any more, or it does not hold after `limitMs`
   */
  async runUntil(condition: () => boolean | Promise<boolean>, limitMs = 24 * 3_600_000): Promise<void> {
    const end = this.#now + limitMs;
    for (;;) {
      await rest(this.#reading > 0 ? Math.max(this.#turns, READING_TURNS) : this.#turns);
      if (await condition()) return;
      const next = this.#next();
      if (next === undefined) throw new Error('nothing is left that could happen');
      if (next.at > end) throw new Error(`it did not happen within ${limitMs} ms`);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }

  /** Lets so much time pass at once, as for a machine that slept: whoever was to be woken in it wakes late, and once. */
  async leap(ms: number): Promise<void> {
    this.#now += ms;
    await this.advance(0);
  }

  /** Lets so much time pass, with everything that happens in it. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.runUntil(() => (this.#next()?.at ?? Number.POSITIVE_INFINITY) > end);
    this.#now = Math.max(this.#now, end);
  }

  #next(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (first === undefined || sleeper.at < first.at) first = sleeper;
    return first;
  }
}

/**
 * Resolves after so many turns of the event loop in which no file was read or written: that takes the machine's time, which must
 * not decide how much of ours passes meanwhile.
 */
async function rest(turns: number): Promise<void> {
  for (let quiet = 0; quiet < turns; ) {
    await setImmediate();
    quiet = process.getActiveResourcesInfo().some(isFileRequest) ? 0 : quiet + 1;
  }
}

function isFileRequest(name: string): boolean {
  return name.startsWith('FSReq') || name === 'CloseReq';
}
