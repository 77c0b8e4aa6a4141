import { PoliteHttp, type PoliteHttpOptions } from '../polite-http.ts';

/**
 * No limit of TikTok's is known: 150 requests at 3 a second went through (providers.md, section 3). A dead network is
 * given up after six failures in a row, which takes seconds, and tried again half a minute later.
 */
const LIMITS = {
  userAgent: 'hoardarr',
  requestsPerSecond: 4,
  concurrency: 4,
  timeoutMs: 10_000,
  bodyLimitBytes: 256_000,
  retries: 3,
  retryBaseMs: 500,
  breakAfter: 6,
  restMs: 30_000,
};

/** One for the whole process, so that the pace holds over all accounts. */
export function createTikTokHttp(
  options: Pick<PoliteHttpOptions, 'clock' | 'random' | 'fetch'> & Partial<PoliteHttpOptions>,
): PoliteHttp {
  return new PoliteHttp({ ...LIMITS, ...options });
}
