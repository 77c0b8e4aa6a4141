import { setMaxListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { MemoryMetadataStore } from '../../testing/memory-metadata/memory-metadata-store.ts';
import { mulberry32 } from '../../testing/producer-world.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { seedFor } from '../../testing/seeds.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { githubRateRules } from '../github/rate-rules.ts';
import { REDDIT_RATE_RULES } from '../reddit/rate-rules.ts';
import { RateBudget, readRateLimits, readRateLimitWaits } from './rate-budget.ts';
import type { ProviderReply, RateRules } from './types.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Sent {
  readonly at: number;
  readonly until: number;
}

/** A provider in memory that counts what reaches it, and answers as the test says. */
class CountingProvider {
  readonly sent: Sent[] = [];
  reply: (now: number) => Partial<ProviderReply> = () => ({});
}

/** So many processes with so many workers each, all of one credential, for so long. */
async function workAll(
  rules: RateRules,
  seed: number,
  lastsMs: number,
  provider: CountingProvider,
  workers = 12,
): Promise<{ readonly clock: VirtualClock; readonly metadata: MemoryMetadataStore; readonly startedAt: number }> {
  const clock = new VirtualClock(1_700_000_000_000, 1);
  const random = mulberry32(seed);
  const metadata = new MemoryMetadataStore();
  const startedAt = clock.now();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const work = async (n: number): Promise<void> => {
    // Four processes: each has its own object, and only the store in common.
    const deps = { metadata, clock, random, telemetry: new RecordingTelemetry(), instance: `process-${n % 4}` };
    const options = { provider: 'test', credential: 'client', rules, requestMs: 60_000 };
    const resource = Object.keys(rules.resources)[0] ?? '';
    const budget = new RateBudget(deps, options);
    for (let limited = 0; clock.now() - startedAt < lastsMs; ) {
      const grant = await budget.acquire(resource, stopping.signal, () => {});
      const at = clock.now();
      await clock.sleep(5 + random() * 300, stopping.signal);
      provider.sent.push({ at, until: clock.now() });
      // Now and then a process dies with its request on the way.
      if (random() < 0.001) continue;
      const reply = { status: 200, headers: new Headers(), body: '', ...provider.reply(clock.now()) };
      const blockMs = rules.limitedForMs(reply, clock.now(), limited);
      limited = blockMs === null ? 0 : limited + 1;
      await grant.done({
        reading: rules.readBudget(reply, clock.now(), resource),
        isFree: rules.isFree(reply),
        blockMs,
      });
    }
  };
  const ended = Array.from({ length: workers }, (_, n) => work(n).catch(() => undefined));
  await clock.runUntil(() => clock.now() - startedAt >= lastsMs, lastsMs + HOUR_MS);
  stopping.abort();
  await Promise.all(ended);
  return { clock, metadata, startedAt };
}

/** The most requests in any window, counted the slow and obvious way. */
function mostIn(sent: readonly Sent[], windowMs: number): number {
  const times = sent.map(({ at }) => at).sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [to, at] of times.entries()) {
    while ((times[from] ?? at) <= at - windowMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function mostAtOnce(sent: readonly Sent[]): number {
  const events = sent.flatMap(({ at, until }) => [
    { at, change: 1 },
    { at: until, change: -1 },
  ]);
  events.sort((a, b) => a.at - b.at || a.change - b.change);
  let now = 0;
  let most = 0;
  for (const { change } of events) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

describe('the rate budget of a credential', () => {
  const seed = seedFor('RATE_SEED');

  it('lets no more than Reddit’s 1,000 into any 10 minutes, and uses 95 % of them when there is work', async () => {
    const provider = new CountingProvider();
    await workAll(REDDIT_RATE_RULES, seed, 65 * MINUTE_MS, provider);
    expect(mostIn(provider.sent, 10 * MINUTE_MS)).toBeLessThanOrEqual(1000);
    // The first window begins empty, so it is left out of the count.
    const first = provider.sent[0]?.at ?? 0;
    const later = provider.sent.filter(({ at }) => at >= first + 10 * MINUTE_MS && at < first + 60 * MINUTE_MS);
    expect(later.length).toBeGreaterThanOrEqual(0.95 * 5000 * (1 - 1 / 51));
    expect(provider.sent.length).toBeGreaterThanOrEqual(0.95 * 6000);
  });

  it('asks GitHub one at a time, and not more than 5,000 times an hour', async () => {
    const provider = new CountingProvider();
    await workAll(githubRateRules(true), seed, 2.2 * HOUR_MS, provider, 3);
    expect(mostIn(provider.sent, HOUR_MS)).toBeLessThanOrEqual(5000);
    expect(mostAtOnce(provider.sent)).toBe(1);
    expect(provider.sent.length).toBeGreaterThanOrEqual(0.95 * 10_000);
  });

  it('believes headers that say less is left, and goes on when the window of the provider ends', async () => {
    const provider = new CountingProvider();
    let windowEnds = 0;
    let used = 0;
    let beyond = 0;
    // Somebody else uses the same client id: only 300 of each window are ours.
    provider.reply = (now) => {
      if (now >= windowEnds) {
        windowEnds = now + 10 * MINUTE_MS;
        used = 0;
      }
      used++;
      if (used > 300) beyond++;
      const headers = new Headers({
        'x-ratelimit-remaining': `${Math.max(0, 300 - used)}.0`,
        'x-ratelimit-reset': String(Math.ceil((windowEnds - now) / 1000)),
      });
      return { headers };
    };
    await workAll(REDDIT_RATE_RULES, seed, 45 * MINUTE_MS, provider);
    expect(beyond).toBe(0);
    expect(provider.sent.length).toBeGreaterThanOrEqual(0.95 * 4 * 290);
  });

  it('obeys retry-after, for every worker of the credential, and says who waits', async () => {
    const provider = new CountingProvider();
    const from: { at: number | null } = { at: null };
    provider.reply = (now) => {
      if (provider.sent.length < 50 || from.at !== null) return {};
      from.at = now;
      return { status: 429, headers: new Headers({ 'retry-after': '120' }) };
    };
    const { metadata, startedAt } = await workAll(REDDIT_RATE_RULES, seed, 5 * MINUTE_MS, provider);
    const blockedAt = from.at ?? 0;
    expect(provider.sent.filter(({ at }) => at > blockedAt && at < blockedAt + 120_000)).toEqual([]);
    expect(provider.sent.some(({ at }) => at >= blockedAt + 120_000)).toBe(true);
    expect(await readRateLimitWaits(metadata, blockedAt + 1000)).toEqual([
      { provider: 'test', resource: 'api', until: blockedAt + 120_000 },
    ]);
    expect(startedAt).toBeLessThan(blockedAt);
  });

  it('waits until the reset where GitHub’s budget is used up, and at least a minute at a secondary limit', () => {
    const rules = githubRateRules(true);
    const now = Date.UTC(2026, 0, 1);
    const headers = (values: Record<string, string>): Headers => new Headers(values);
    const reply = (status: number, values: Record<string, string>, body = ''): ProviderReply => ({
      status,
      headers: headers(values),
      body,
    });
    const reset = String(now / 1000 + 600);
    expect(rules.limitedForMs(reply(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }), now, 0)).toBe(
      601_000,
    );
    // GitHub's clock is a minute ahead of ours.
    const date = new Date(now + 60_000).toUTCString();
    expect(
      rules.limitedForMs(reply(429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset, date }), now, 0),
    ).toBe(541_000);
    const secondary = 'You have exceeded a secondary rate limit';
    expect(rules.limitedForMs(reply(403, {}, secondary), now, 0)).toBe(60_000);
    expect(rules.limitedForMs(reply(403, {}, secondary), now, 2)).toBe(240_000);
    expect(rules.limitedForMs(reply(403, { 'retry-after': '7' }, secondary), now, 0)).toBe(7000);
    expect(rules.limitedForMs(reply(403, {}, '{"message":"Resource not accessible"}'), now, 0)).toBeNull();
    expect(rules.isFree(reply(304, {}))).toBe(true);
    expect(githubRateRules(false).isFree(reply(304, {}))).toBe(false);
  });
});

describe('what is told of budgets', () => {
  it('is what is left of the credential that has fewest, by the headers and by the ceiling, and until when nobody may ask', async () => {
    const clock = new VirtualClock(1_700_000_000_000, 1);
    const deps = {
      metadata: new MemoryMetadataStore(),
      clock,
      random: mulberry32(1),
      telemetry: new RecordingTelemetry(),
      instance: 'process',
    };
    const rules = githubRateRules(true);
    const signal = new AbortController().signal;
    const spend = async (
      credential: string,
      remaining: number | null,
      blockMs: number | null = null,
    ): Promise<void> => {
      const budget = new RateBudget(deps, { provider: 'github', credential, rules, requestMs: 1000 });
      const grant = await budget.acquire('core', signal, () => {});
      const reading = remaining === null ? null : { resource: 'core', remaining, resetAt: clock.now() + HOUR_MS };
      await grant.done({ reading, isFree: false, blockMs });
    };
    const read = async (): Promise<unknown> => (await readRateLimits(deps.metadata, clock.now()))[0];
    expect(await read()).toBeUndefined();
    await spend('one', null);
    expect(await read()).toEqual({ provider: 'github', resource: 'core', remaining: 4949, waitsUntil: null });
    await spend('two', 70);
    expect(await read()).toMatchObject({ remaining: 70, waitsUntil: null });
    await spend('one', null, MINUTE_MS);
    expect(await read()).toMatchObject({ remaining: 0, waitsUntil: clock.now() + MINUTE_MS });
    await clock.leap(2 * HOUR_MS);
    expect(await read()).toMatchObject({ remaining: 4950, waitsUntil: null });
  });
});
