import { createHash } from 'node:crypto';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { Telemetry } from '../../core/ports/telemetry.ts';
import { randomUuid } from '../uuid.ts';
import {
  type BudgetState,
  giveBack,
  grant,
  LONGEST_BLOCK_MS,
  learn,
  leftOf,
  resourceOf,
  setRight,
  whenFree,
} from './budget-document.ts';
import type { BudgetReading, RateCeiling, RateRules } from './types.ts';

export interface RateBudgetDeps {
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** names this process, as in leases */
  readonly instance: string;
  readonly isGone?: (instance: string) => boolean;
}

export interface RateBudgetOptions {
  readonly provider: string;
  /** what the provider counts by: a client id, a login; never a token */
  readonly credential: string;
  readonly rules: RateRules;
  /** a request takes no longer; then its place is free again, whatever became of it */
  readonly requestMs: number;
}

/** What became of a request that was granted. */
export interface Spent {
  readonly reading: BudgetReading | null;
  readonly isFree: boolean;
  /** the provider says that nobody may ask for so long, ms; null: it does not */
  readonly blockMs: number | null;
}

/** The right to send one request now. */
export interface Grant {
  /** Gives the place to the next; null: nothing is known of what became of it. Never rejects. */
  done(spent: Spent | null): Promise<void>;
}

const BUDGET_PREFIX = 'budget/';
/** How often somebody who waits for a place looks again: at first, and after a while. */
const TURN_MS = 25;
const LONGEST_TURN_MS = 400;
/** Waits of other processes are learned of while waiting, so nobody sleeps longer without a look. */
const LOOK_MS = 60_000;
/** A grant that is older is not used any more. */
const STALE_MS = 2_000;
const EMPTY: BudgetState = { resources: {}, busy: [] };

/**
 * The requests that a credential may make, shared by all accounts and processes that use it: a document in the metadata store,
 * changed by compare-and-set before and after every request. What is granted never exceeds the ceiling in any window, whatever
 * the headers say or do not say; what they say only lowers it.
 */
export class RateBudget {
  readonly #deps: RateBudgetDeps;
  readonly #options: RateBudgetOptions;
  readonly #key: string;

  constructor(deps: RateBudgetDeps, options: RateBudgetOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#key = budgetKey(options.provider, options.credential);
  }

  /** Waits until a request may go. `onWait` hears the ms that were waited for the budget. Rejects with the signal's reason. */
  async acquire(resource: string, signal: AbortSignal, onWait: (ms: number) => void): Promise<Grant> {
    const { clock, random, metadata, instance } = this.#deps;
    const { rules, requestMs } = this.#options;
    const ceiling = this.#ceiling(resource);
    const id = randomUuid(random);
    let told = false;
    let turnMs = TURN_MS;
    for (;;) {
      signal.throwIfAborted();
      const document = await metadata.get(this.#key);
      const state = (document?.value as BudgetState | undefined) ?? EMPTY;
      const now = clock.now();
      const kept = resourceOf(state, resource);
      const right = setRight(kept, ceiling, now);
      if (right !== kept) {
        const resources = { ...state.resources, [resource]: right };
        await metadata.compareAndSet(this.#key, document?.version ?? null, { ...state, resources });
        continue;
      }
      const free = whenFree(kept, ceiling, now);
      if (free.at > now) {
        if (!told) this.#tell(resource, free.at - now, free.reason);
        told = true;
        const ms = Math.min(free.at - now, LOOK_MS);
        await clock.sleep(ms, signal);
        onWait(ms);
        continue;
      }
      const busy = state.busy.filter(
        ({ until, instance: by }) => until > now && until <= now + 2 * requestMs && this.#deps.isGone?.(by) !== true,
      );
      if (busy.length >= rules.concurrency) {
        await clock.sleep(turnMs * (0.5 + random()), signal);
        turnMs = Math.min(turnMs * 1.5, LONGEST_TURN_MS);
        continue;
      }
      const next: BudgetState = {
        resources: { ...state.resources, [resource]: grant(kept, ceiling, now) },
        busy: [...busy, { id, instance, until: now + requestMs }],
      };
      if ((await metadata.compareAndSet(this.#key, document?.version ?? null, next)) === null) continue;
      const granted: Grant = { done: (spent) => this.#done(resource, id, now, spent) };
      if (clock.now() - now <= STALE_MS) return granted;
      // This process stood still: a request sent now would fall into another window than the one it was counted in.
      await granted.done(null);
    }
  }

  async #done(resource: string, id: string, grantedAt: number, spent: Spent | null): Promise<void> {
    const ceiling = this.#ceiling(resource);
    try {
      await this.#change((state) => {
        const busy = state.busy.filter((each) => each.id !== id);
        if (spent === null) return { ...state, busy };
        const { reading, isFree, blockMs } = spent;
        const resources: Record<string, BudgetState['resources'][string]> = { ...state.resources };
        if (isFree) resources[resource] = giveBack(resourceOf(state, resource), grantedAt, ceiling);
        if (reading !== null)
          resources[reading.resource] = learn(
            resources[reading.resource] ?? resourceOf(state, reading.resource),
            reading,
            busy.length,
          );
        if (blockMs !== null) {
          const blocked = resources[resource] ?? resourceOf(state, resource);
          const untilMs = this.#deps.clock.now() + Math.min(blockMs, LONGEST_BLOCK_MS);
          const blockedUntil = Math.max(blocked.blockedUntil, untilMs);
          resources[resource] = { ...blocked, blockedUntil };
        }
        return { resources, busy };
      });
    } catch (error) {
      this.#deps.telemetry.log.warn('what a request cost could not be kept; its place becomes free by itself', {
        provider: this.#options.provider,
        error: String(error),
      });
    }
  }

  async #change(change: (state: BudgetState) => BudgetState): Promise<void> {
    const { metadata } = this.#deps;
    for (;;) {
      const document = await metadata.get(this.#key);
      const state = (document?.value as BudgetState | undefined) ?? EMPTY;
      if ((await metadata.compareAndSet(this.#key, document?.version ?? null, change(state))) !== null) return;
    }
  }

  #ceiling(resource: string): RateCeiling {
    const ceiling = this.#options.rules.resources[resource];
    if (ceiling === undefined) throw new Error(`${this.#options.provider} has no budget called ${resource}`);
    return ceiling;
  }

  #tell(resource: string, ms: number, reason: string): void {
    const { provider } = this.#options;
    this.#deps.telemetry.log.warn('waiting for a rate limit', { provider, resource, waitMs: ms, reason });
  }
}

/** Where the budgets of a credential are kept; what it is cannot be read from that. */
export function budgetKey(provider: string, credential: string): string {
  const name = createHash('sha256').update(`${provider} ${credential}`).digest('hex').slice(0, 24);
  return `${BUDGET_PREFIX}${provider}/${name}`;
}

/** What a provider's budget allows now. */
export interface RateLimit {
  readonly provider: string;
  readonly resource: string;
  /** requests, of the credential that has fewest; null: nothing was asked yet */
  readonly remaining: number | null;
  /** nobody may ask before, ms since the epoch; null: somebody may */
  readonly waitsUntil: number | null;
}

/** The budgets of all credentials that are used in any process of the data folder. */
export async function readRateLimits(metadata: MetadataStore, now: number): Promise<readonly RateLimit[]> {
  const limits = new Map<string, RateLimit>();
  for (const { key, value } of await metadata.list(BUDGET_PREFIX)) {
    const provider = key.split('/')[1] ?? '';
    for (const [resource, state] of Object.entries((value as BudgetState).resources)) {
      const until = state.ceiling === undefined ? state.blockedUntil : whenFree(state, state.ceiling, now).at;
      const found = { provider, resource, remaining: leftOf(state, now), waitsUntil: until > now ? until : null };
      const known = limits.get(`${provider} ${resource}`);
      limits.set(`${provider} ${resource}`, known === undefined ? found : scarcer(known, found));
    }
  }
  return [...limits.values()];
}

function scarcer(a: RateLimit, b: RateLimit): RateLimit {
  const amount = ({ remaining }: RateLimit): number => remaining ?? Number.POSITIVE_INFINITY;
  const waitsUntil = Math.max(a.waitsUntil ?? 0, b.waitsUntil ?? 0);
  return { ...(amount(a) <= amount(b) ? a : b), waitsUntil: waitsUntil === 0 ? null : waitsUntil };
}

/** A provider that lets nobody ask at present. */
export interface RateLimitWait {
  readonly provider: string;
  readonly resource: string;
  /** ms since the epoch */
  readonly until: number;
}

/** Who waits for a rate limit, in any process of the data folder. */
export async function readRateLimitWaits(metadata: MetadataStore, now: number): Promise<readonly RateLimitWait[]> {
  return (await readRateLimits(metadata, now)).flatMap(({ provider, resource, waitsUntil }) =>
    waitsUntil === null ? [] : [{ provider, resource, until: waitsUntil }],
  );
}
