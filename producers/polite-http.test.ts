import { beforeEach, describe, expect, it } from '@jest/globals';
import { PoliteHttp } from './polite-http.ts';

const START = 1_700_000_000_000;
const URL = 'https://source.invalid/oembed';
const signal = new AbortController().signal;

describe('requests at a measured pace', () => {
  let now: number;
  let asked: number[];
  let answer: () => Response;
  let http: PoliteHttp;
  beforeEach(() => {
    now = 0;
    asked = [];
    http = new PoliteHttp({
      // Between two tries the library waits by a clock of its own, so that this one cannot be told to go on: it goes by itself.
      clock: { now: () => START + now, elapsed: () => now, sleep: async (ms) => void (now += ms) },
      random: () => 0,
      fetch: async () => {
        asked.push(now / 1000);
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

  const get = (): Promise<unknown> =>
    http.get(URL, signal).then(
      ({ status }) => status,
      (error: unknown) => error,
    );
  const refuse = (retryAfter: string) => (): Response =>
    new Response('', { status: 429, headers: { 'retry-after': retryAfter } });

  it('wait as long as they are asked to, in seconds or until a date', async () => {
    answer = refuse('30');
    expect(await get()).toMatchObject({ message: 'HTTP 429' });
    expect(asked).toEqual([0, 30, 60, 90]);

    const [before] = asked.splice(0).slice(-1);
    answer = () => refuse(new Date(START + now + 45_000).toUTCString())();
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
    now += 599_000;
    await get();
    expect(asked).toEqual([0]);
    now += 1_000;
    expect(await get()).toBe(200);
    expect(asked).toHaveLength(2);
  });
});
