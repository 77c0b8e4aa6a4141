/** One request to a provider, sent by its credential's client. */
export interface ProviderRequest {
  readonly method: 'GET' | 'POST';
  /** absolute; never with a secret in it (law 12) */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** the budget that it counts against, as the provider's rate rules name it; default: their first */
  readonly resource?: string;
}

export interface ProviderReply {
  readonly status: number;
  readonly headers: Headers;
  /** at most the client's limit; more is an error */
  readonly body: string;
}

/** What an account's requests cost so far. */
export interface HttpUsage {
  readonly requests: number;
  /** ms waited for rate limits */
  readonly rateLimitWaitMs: number;
}

/**
 * Sends the requests of one credential: each takes its place in the credential's rate budget first, which is shared by all
 * accounts and processes that use it; what the reply says of the budget is kept. Waits, and says so, where the budget is
 * used up or the provider says 429. Network errors and 5xx are tried again 3 times with exponential backoff and full jitter.
 * Redirects are not followed.
 */
export interface ProviderHttp {
  /**
   * Resolves to every reply that is neither a rate limit nor a 5xx: 401, 403 and 404 are the provider's to read. Rejects
   * with SourceUnavailableError when the source stayed away, or with the signal's reason.
   */
  send(request: ProviderRequest, signal: AbortSignal): Promise<ProviderReply>;
  usage(): HttpUsage;
}

/** The source did not answer, or answered 5xx, also when asked again: the run ends as aborted (law 5). */
export class SourceUnavailableError extends Error {
  override readonly name = 'SourceUnavailableError';
}

/** How a provider limits requests. All times are ms; `now` is ms since the epoch. */
export interface RateRules {
  /** the budgets that requests count against; the first is the default */
  readonly resources: Readonly<Record<string, RateCeiling>>;
  /** requests of a credential that may be on their way at a time */
  readonly concurrency: number;
  /** What a reply says of a budget, by default of the one it was asked from; null where it says nothing. */
  readBudget(reply: ProviderReply, now: number, resource: string): BudgetReading | null;
  /**
   * How long nobody may ask after this reply, which then is asked again; null: the reply is an answer. `attempt` counts from
   * 0 the replies in a row that were limited.
   */
  limitedForMs(reply: ProviderReply, now: number, attempt: number): number | null;
  /** Whether the provider does not count it (GitHub: 304 of an authorized request). */
  isFree(reply: ProviderReply): boolean;
}

/** In force from the first request on, whatever the headers say. */
export interface RateCeiling {
  /** in any window of `windowMs` */
  readonly requests: number;
  readonly windowMs: number;
  /** of these, so many are never used */
  readonly reserve: number;
}

export interface BudgetReading {
  readonly resource: string;
  /** requests left until then, without the reserve; may be negative */
  readonly remaining: number;
  /** when the provider's own window ends, ms since the epoch */
  readonly resetAt: number;
}
