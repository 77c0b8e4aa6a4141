import { isOutage } from '../../core/errors.ts';
import type { RunRow } from '../../core/ledger.ts';
import type { GroupLag } from '../../core/ports/event-log.ts';
import { type RateLimitWait, readRateLimitWaits } from '../../producers/http/rate-budget.ts';
import type { App } from '../app.ts';
import { BEAT_MS, type Role } from '../presence.ts';

/** Everything that a command may set going has to run somewhere until it is applied. */
export const PIPELINE: readonly Role[] = ['scheduler', 'producer', 'embed', 'sink'];

const POLL_MS = 25;
/** Whoever waits for minutes need not know to the hundredth of a second. */
const LONGEST_POLL_MS = 250;
const STALL_MS = 600_000;

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** how long nothing may change before it is given up, ms; waiting for a rate limit is no standstill */
  readonly stallMs?: number;
  readonly onRateLimit?: (waits: readonly RateLimitWait[]) => void;
  /** told every second how far the consumers of the log are */
  readonly onLag?: (lags: readonly GroupLag[]) => void;
}

/** What was waited for did not come, and nothing moved any more: exit status 1. */
export class StalledError extends Error {
  override readonly name = 'StalledError';
}

/**
 * Waits until `probe` resolves to something; rejects with the signal's reason, or with StalledError when neither the probe's
 * `sign` nor the consumers of the log moved for so long.
 */
export async function waitFor<T>(
  app: App,
  what: string,
  probe: () => Promise<T | null>,
  options: WaitOptions = {},
  sign: () => string = () => '',
): Promise<T> {
  const { signal, stallMs = STALL_MS } = options;
  let lastSign = '';
  let movedAt = app.clock.elapsed();
  let lookedAt = Number.NEGATIVE_INFINITY;
  for (let pollMs = POLL_MS; ; pollMs = longer(pollMs)) {
    signal?.throwIfAborted();
    app.roles.left.throwIfAborted();
    const found = await orOutage(probe);
    if (found !== null) return found;
    const now = app.clock.elapsed();
    if (now - lookedAt >= BEAT_MS) {
      lookedAt = now;
      const lags = await orOutage(() => app.log.lag());
      if (lags !== null) options.onLag?.(lags);
      const current = `${sign()} ${lags?.map((lag) => lag.committed).join(' ') ?? ''}`;
      const waits = (await orOutage(() => readRateLimitWaits(app.metadata, app.clock.now()))) ?? [];
      if (waits.length > 0) options.onRateLimit?.(waits);
      if (current !== lastSign || waits.length > 0) movedAt = now;
      lastSign = current;
      if (now - movedAt > stallMs)
        throw new StalledError(
          `${what} did not happen, and nothing moved for ${Math.round(stallMs / 1000)} s; what was written is kept, and goes on at the next start`,
        );
    }
    await app.clock.sleep(pollMs, signal);
  }
}

function longer(pollMs: number): number {
  return Math.min(Math.ceil(pollMs * 1.1), LONGEST_POLL_MS);
}

/** Null while what is asked is away: whoever waits, waits for that too. */
async function orOutage<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!isOutage(error)) throw error;
    return null;
  }
}

/** Resolves to the run and all that it caused, when everything of it is applied. */
export async function waitUntilSettled(
  app: App,
  syncId: string,
  options: WaitOptions & { readonly progress?: (runs: readonly RunRow[]) => void } = {},
): Promise<readonly RunRow[]> {
  let seen = '';
  const probe = async (): Promise<readonly RunRow[] | null> => {
    const runs = await runsOf(app, syncId);
    seen = runs
      .map((run) => `${run.status} ${run.waitingCommands.length} ${run.waitingDecisions} ${JSON.stringify(run.counts)}`)
      .join(' ');
    options.progress?.(runs);
    return runs.length > 0 && runs.every((run) => run.settledAt !== null) ? runs : null;
  };
  return waitFor(app, 'the import was written, but that all of it is applied', probe, options, () => seen);
}

/** Why commands that the run caused were not executed, each reason once. One that was executed at another attempt is none of them. */
export function undoneOf(runs: readonly RunRow[]): readonly string[] {
  const done = new Set(runs.flatMap(({ status, commandId }) => (status === 'done' ? [commandId] : [])));
  const undone = runs.slice(1).filter(({ status, commandId }) => status === 'aborted' && !done.has(commandId));
  return [...new Set(undone.map(({ error }) => error ?? 'it was aborted'))];
}

/** The run first, then those that it caused, directly or through others. */
export async function runsOf(app: App, syncId: string): Promise<readonly RunRow[]> {
  const first = await app.store.run(syncId);
  if (first === null) return [];
  const runs: RunRow[] = [first];
  for (const run of runs) runs.push(...(await app.store.runsCausedBy(run.syncId)));
  return runs;
}

/**
 * Waits, for at most `limitMs`, until these consumer groups (default: all) have read to the end and the sink owes nothing.
 * True when it is so.
 */
export async function drain(app: App, limitMs: number, groups: readonly string[] | null = null): Promise<boolean> {
  const until = app.clock.elapsed() + limitMs;
  for (let pollMs = POLL_MS; ; pollMs = longer(pollMs)) {
    const drained = await orOutage(async () => {
      const lags = (await app.log.lag()).filter((lag) => groups === null || groups.includes(lag.group));
      return lags.every((lag) => lag.committed >= lag.end) && (await app.store.outbox(1)).length === 0;
    });
    if (drained === true) return true;
    if (app.clock.elapsed() >= until) return false;
    await app.clock.sleep(pollMs);
  }
}
