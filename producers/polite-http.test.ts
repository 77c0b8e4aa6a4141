import { beforeEach, describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { PoliteHttp } from './polite-http.ts';

const URL = 'https://source.invalid/oembed';
const signal = new AbortController().signal;

describe('requests at a measured pace', () => {
  let clock: VirtualClock;
  let since: number;
  let asked: number[];
  let answer: () => Response;
  let http: PoliteHttp;
  beforeEach(() => {
    clock = new VirtualClock();
    since = clock.now();
    asked = [];
    http = new PoliteHttp({
      clock,
      random: () => 0,
      fetch: async () => {
        asked.push((clock.now() - since) / 1000);
        return answer();
      },
      userAgent: 'hoardarr',
      requestsPerSecond: 4,
      concurrency: 4,
      timeoutMs: 10_000,
      bodyLimitBytes: 1_000,
      retries: 3,
      retryBaseMs: 0,
      breakAfter: 20,
      restMs: 30_000,
    });
  });

  const get = async (): Promise<unknown> => {
    let ended: unknown = null;
    void http.get(URL, signal).then(
      ({ status }) => (ended = status),
      (error: unknown) => (ended = error),
    );
    await clock.runUntil(() => ended !== null);
    return ended;
  };
  const refuse = (retryAfter: string) => (): Response =>
    new Response('', { status: 429, headers: { 'retry-after': retryAfter } });

  it('wait as long as they are asked to, in seconds or until a date', async () => {
    answer = refuse('30');
    expect(await get()).toMatchObject({ message: 'HTTP 429' });
    expect(asked).toEqual([0, 30, 60, 90]);

    const [before] = asked.splice(0).slice(-1);
    answer = () => refuse(new Date(clock.now() + 45_000).toUTCString())();
    await get();
    expect(asked.map((at) => at - (before ?? 0))).toEqual([30, 75, 120, 165]);
  });

  it('fail at once until a pause is over that is longer than anybody waits, and go on then', async () => {
    answer = refuse('600');
    expect(await get()).toMatchObject({ name: 'HttpUnavailableError', message: 'HTTP 429' });
    expect(await get()).toMatchObject({
      name: 'HttpUnavailableError',
      message: 'not asked: it asked for a longer pause',
    });
    expect(asked).toEqual([0]);
    answer = () => new Response('{}');
    await clock.advance(599_000);
    await get();
    expect(asked).toEqual([0]);
    await clock.advance(1_000);
    expect(await get()).toBe(200);
    expect(asked).toHaveLength(2);
  });
});
