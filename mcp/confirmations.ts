import { randomBytes } from 'node:crypto';

/** How long a person may think about a change. */
const LIFETIME_MS = 5 * 60_000;
/** Proposals that wait at once; the oldest one gives way. */
const MAX_WAITING = 100;
const TOKEN_BYTES = 18;

/** A proposal, and until when it can be confirmed. */
export interface Offered {
  readonly token: string;
  readonly expiresAt: number;
}

/**
 * Changes that were proposed and wait for a confirmation, in the memory of this process. A token stands for exactly one of
 * them, is good once, and for five minutes.
 */
export class Confirmations<T> {
  readonly #waiting = new Map<string, { readonly change: T; readonly expiresAt: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  offer(change: T): Offered {
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= MAX_WAITING && oldest !== undefined) this.#waiting.delete(oldest);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const expiresAt = this.#now() + LIFETIME_MS;
    this.#waiting.set(token, { change, expiresAt });
    return { token, expiresAt };
  }

  /** The change, which cannot be taken again; null where nothing waits under the token any more. */
  take(token: string): T | null {
    const found = this.#waiting.get(token);
    this.#waiting.delete(token);
    return found === undefined || found.expiresAt <= this.#now() ? null : found.change;
  }
}
