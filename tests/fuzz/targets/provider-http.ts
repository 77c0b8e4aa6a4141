import { InputError } from '../../../core/errors.ts';
import { githubRateRules } from '../../../producers/github/rate-rules.ts';
import { createProviderHttp } from '../../../producers/http/provider-http.ts';
import { readRateLimits } from '../../../producers/http/rate-budget.ts';
import { type RateRules, SourceUnavailableError } from '../../../producers/http/types.ts';
import { REDDIT_RATE_RULES } from '../../../producers/reddit/rate-rules.ts';
import { MemoryMetadataStore } from '../../../testing/memory-metadata/memory-metadata-store.ts';
import { RecordingTelemetry } from '../../../testing/recording-telemetry.ts';
import { type FuzzTarget, holds, readOrRefuse } from '../target.ts';
import { InstantClock, replies, reply, scriptedFetch } from './replies.ts';

const RULES: readonly RateRules[] = [githubRateRules(true), githubRateRules(false), REDDIT_RATE_RULES];
const REQUESTS = 3;
/** Its timer outlives the request, and thousands of them in a second would fill the memory. */
const TIMEOUT_MS = 250;
/** For each reply: no provider has a longer window, and nothing that one says lasts longer. */
const LONGEST_WAIT_MS = 86_400_000 + 60_000;
const signal = new AbortController().signal;

async function run(input: Uint8Array): Promise<void> {
  for (const rules of RULES) {
    const clock = new InstantClock();
    const metadata = new MemoryMetadataStore();
    const { fetch, asked } = scriptedFetch(input);
    const http = createProviderHttp(
      { fetch, clock, metadata, random: () => 0.5, telemetry: new RecordingTelemetry(), instance: 'one' },
      { provider: 'fuzzed', credential: 'c', rules, userAgent: 'hoardarr', timeoutMs: TIMEOUT_MS },
    );
    for (let n = 0; n < REQUESTS; n++)
      await readOrRefuse(
        () => http.send({ method: 'GET', url: 'https://provider.test/' }, signal),
        [InputError, SourceUnavailableError],
      );
    holds(clock.waitedMs <= asked() * LONGEST_WAIT_MS, `${asked()} replies made it wait for ${clock.waitedMs} ms`);
    for (const { remaining, waitsUntil } of await readRateLimits(metadata, clock.now()))
      holds(
        Number.isFinite(remaining ?? 0) && Number.isFinite(waitsUntil ?? 0),
        `the budget is ${remaining} until ${waitsUntil}`,
      );
  }
}

export const providerHttp: FuzzTarget = {
  about: 'headers of providers: rate limits, retry-after, dates',
  seeds: [
    replies(reply('[]', 'x-ratelimit-remaining: 4999\nx-ratelimit-reset: 1767229200\nx-ratelimit-resource: core')),
    replies(reply('', 'retry-after: 5', 429), reply('{}', 'x-ratelimit-remaining: 0\nx-ratelimit-reset: 600')),
    replies(
      reply('{"message":"secondary rate limit"}', '', 403),
      reply('', 'x-ratelimit-remaining: 0\nx-ratelimit-reset: 1767226000\ndate: Thu, 01 Jan 2026 00:00:00 GMT', 403),
      reply('x', 'retry-after: Thu, 01 Jan 2026 00:10:00 GMT', 429),
      reply('', '', 502),
      reply('', 'x-ratelimit-limit: 60', 304),
    ),
  ],
  words: [
    'retry-after: ',
    'x-ratelimit-remaining: ',
    'x-ratelimit-reset: ',
    'x-ratelimit-limit: ',
    'x-ratelimit-resource: graphql',
    'x-ratelimit-resource: __proto__',
    'date: Mon, 01 Jan 0001 00:00:00 GMT',
    '1e308',
    '-1',
    '0x10',
    'Infinity',
    '99999999999999999999',
    '429\n',
    '\n%%\n',
  ],
  open: async () => ({ run, close: async () => undefined }),
};
