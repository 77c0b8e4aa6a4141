import { retryAfterOf } from '../http/fetch-body.ts';
import type { ProviderReply, RateCeiling, RateRules } from '../http/types.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LONGEST_BLOCK_MS = 15 * MINUTE_MS;
/** Clocks differ, and the provider's reset is told in whole seconds. */
const MARGIN_MS = 1000;
const WITH_TOKEN: RateCeiling = { requests: 5000, windowMs: HOUR_MS, reserve: 50 };
const WITHOUT: RateCeiling = { requests: 60, windowMs: HOUR_MS, reserve: 1 };
const SAYS_LIMIT = /secondary rate limit|abuse detection|rate limit exceeded/i;

/**
 * GitHub's limits: 5,000 requests an hour with a token, 60 without; GraphQL has a budget of its own; one request at a time;
 * what was answered 304 is free. Source: docs.github.com, "Rate limits for the REST API" and "Best practices".
 */
export function githubRateRules(withToken: boolean): RateRules {
  const ceiling = withToken ? WITH_TOKEN : WITHOUT;
  return {
    resources: { core: ceiling, graphql: ceiling },
    concurrency: 1,
    readBudget: ({ headers }, now, asked) => {
      const remaining = Number(headers.get('x-ratelimit-remaining') ?? Number.NaN);
      const resetAt = resetOf(headers, now);
      if (!Number.isFinite(remaining) || resetAt === null) return null;
      const said = headers.get('x-ratelimit-resource');
      const resource = said === 'graphql' || said === 'core' ? said : asked;
      const limit = Number(headers.get('x-ratelimit-limit') ?? ceiling.requests);
      const reserve = Math.floor(ceiling.reserve * Math.min(1, limit / ceiling.requests));
      return { resource, remaining: remaining - reserve, resetAt };
    },
    limitedForMs: (reply, now, attempt) => limitedForMs(reply, now, attempt),
    isFree: ({ status }) => withToken && status === 304,
  };
}

function limitedForMs({ status, headers, body }: ProviderReply, now: number, attempt: number): number | null {
  if (status !== 403 && status !== 429) return null;
  const asked = retryAfterOf(headers, now);
  if (asked !== null) return Math.max(asked, MARGIN_MS);
  const resetAt = resetOf(headers, now);
  if (headers.get('x-ratelimit-remaining') === '0' && resetAt !== null) return Math.max(resetAt - now, MARGIN_MS);
  if (status === 403 && !SAYS_LIMIT.test(body)) return null;
  return Math.min(MINUTE_MS * 2 ** attempt, LONGEST_BLOCK_MS);
}

/** By this machine's clock: GitHub's own stands in its `date`. */
function resetOf(headers: Headers, now: number): number | null {
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000;
  if (!Number.isFinite(reset)) return null;
  const theirs = Date.parse(headers.get('date') ?? '');
  return reset + (Number.isFinite(theirs) ? now - theirs : 0) + MARGIN_MS;
}
