import { retryAfterOf } from '../http/fetch-body.ts';
import type { RateRules } from '../http/types.ts';

/** Of each 1,000. */
const RESERVE = 5;
const WINDOW_MS = 600_000;
const MINUTE_MS = 60_000;
/** The provider's reset is told in whole seconds. */
const MARGIN_MS = 1000;
const LONGEST_BLOCK_MS = WINDOW_MS + MINUTE_MS;

/**
 * Reddit's limits: 100 requests a minute as an average over 10 minutes, by client id, so all its users share them; 5 of each
 * 1,000 stay in reserve. Headers may be missing. Source: Reddit Data API wiki, r/modnews 13wshdp.
 */
export const REDDIT_RATE_RULES: RateRules = {
  resources: {
    api: { requests: 1000, windowMs: WINDOW_MS, reserve: RESERVE },
    // The token endpoint counts by itself, with 300 as its limit.
    token: { requests: 300, windowMs: WINDOW_MS, reserve: RESERVE },
  },
  concurrency: 4,
  readBudget: ({ headers }, now, resource) => {
    const remaining = Number(headers.get('x-ratelimit-remaining') ?? Number.NaN);
    const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
    if (!Number.isFinite(remaining) || !Number.isFinite(reset)) return null;
    return { resource, remaining: Math.floor(remaining) - RESERVE, resetAt: now + reset * 1000 + MARGIN_MS };
  },
  limitedForMs: ({ status, headers }, now, attempt) => {
    if (status !== 429) return null;
    const asked = retryAfterOf(headers, now);
    if (asked !== null) return Math.max(asked, MARGIN_MS);
    const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
    if (Number.isFinite(reset) && reset > 0) return reset * 1000 + MARGIN_MS;
    return Math.min(MINUTE_MS * 2 ** attempt, LONGEST_BLOCK_MS);
  },
  isFree: () => false,
};
