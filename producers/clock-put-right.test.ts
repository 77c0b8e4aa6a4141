import { beforeEach, describe, expect, it } from '@jest/globals';
import { ProducerWorld } from '../testing/producer-world.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { RateBudget } from './http/rate-budget.ts';
import { REDDIT_RATE_RULES } from './reddit/rate-rules.ts';
import { withRun } from './run.ts';
import { DEFAULT_CADENCE } from './sync/cadence.ts';
import { Scheduler } from './sync/scheduler.ts';
import { newSyncMetadata } from './sync-metadata.ts';

const YEAR_MS = 365 * 86_400_000;
const account = { provider: 'github', user: 'me' };

describe('after a clock that was a year ahead was put right', () => {
  let world: ProducerWorld;
  beforeEach(() => {
    world = new ProducerWorld();
  });
  const connected = { ...newSyncMetadata(account), credentialKind: 'token', login: '1' } as const;

  it('syncs are due again', async () => {
    const lease = { holder: 'x', instance: 'elsewhere', expiresAt: world.clock.now() + YEAR_MS };
    await world.metadata.compareAndSet('github:me', null, { ...connected, lease });
    const { log, codec, metadata, clock, random, telemetry } = world;
    const deps = { log, codec, metadata, clock, random, telemetry };
    const scheduler = new Scheduler({ ...deps, cadence: DEFAULT_CADENCE, providers: ['github'] });
    clock.aheadMs = YEAR_MS + 1;
    expect(await scheduler.look()).toBe(1);
    clock.aheadMs = 0;
    expect(await scheduler.look()).toBe(1);
    expect(await scheduler.look()).toBe(0);
  });

  it('the lease of another machine, which died then, is not waited for', async () => {
    const lease = { holder: 'x', instance: 'elsewhere', expiresAt: world.clock.now() + YEAR_MS };
    await world.metadata.compareAndSet('github:me', null, { ...connected, fence: 4, lease });
    await withRun(world, { account, mode: 'import' }, async ({ fence }) => {
      expect(fence).toBe(5);
      return { value: null, counts: {} };
    });
  });

  it('what was granted then counts as granted now, and no longer', async () => {
    const { metadata, random, telemetry } = world;
    const budgetAt = (now: number): { readonly budget: RateBudget; readonly clock: VirtualClock } => {
      const clock = new VirtualClock(now);
      const options = { provider: 'test', credential: 'me', rules: REDDIT_RATE_RULES, requestMs: 1000 };
      return { clock, budget: new RateBudget({ metadata, clock, random, telemetry, instance: 'here' }, options) };
    };
    const { signal } = new AbortController();
    const start = Date.UTC(2026, 0, 1);
    const ahead = budgetAt(start + YEAR_MS);
    for (let n = 0; n < 995; n++) {
      const granted = await ahead.budget.acquire('api', signal, () => undefined);
      const reading = { resource: 'api', remaining: 995 - n, resetAt: start + YEAR_MS + 600_000 };
      await granted.done({ reading, isFree: false, blockMs: n === 994 ? 10 * YEAR_MS : null });
    }
    const right = budgetAt(start);
    let isGranted = false;
    const next = right.budget
      .acquire('api', signal, () => undefined)
      .then(() => {
        isGranted = true;
      });
    await right.clock.runUntil(() => isGranted);
    await next;
    const waitedMs = right.clock.now() - start;
    expect(waitedMs).toBeGreaterThanOrEqual(600_000);
    expect(waitedMs).toBeLessThanOrEqual(610_000);
  });
});
