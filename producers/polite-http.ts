import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  type IPolicy,
  retry,
  wrap,
} from 'cockatiel';
import { withLimit } from '../core/abort-signals.ts';
import { jitteredBackoffMs } from '../core/backoff.ts';
import type { Clock, Random } from '../core/ports/clock.ts';
import { causeOf, limitedText, retryAfterOf } from './http/fetch-body.ts';

export interface PoliteHttpOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** the platform's fetch, or a fake */
  readonly fetch: typeof fetch;
  readonly userAgent: string;
  readonly requestsPerSecond: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  /** a longer body is an error: nothing that is asked for here is long */
  readonly bodyLimitBytes: number;
  readonly retries: number;
  readonly retryBaseMs: number;
  /** so many failures in a row, and nobody is asked any more for `restMs` */
  readonly breakAfter: number;
  readonly restMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** where a redirect leads; redirects are never followed here */
  readonly location: string | null;
  readonly body: string;
}

/** The server did not answer, or answered 429 or 5xx, also when asked again. */
export class HttpUnavailableError extends Error {
  override readonly name = 'HttpUnavailableError';
}

/** How long a `retry-after` may hold everything up; until one that asks for more is over, all requests fail at once. */
const LONGEST_WAIT_MS = 60_000;
/** Nobody asks for more and means it. */
const LONGEST_REST_MS = 86_400_000;

/**
 * GET requests at a measured pace: a rate and a concurrency over all callers, a time limit and a size limit for each,
 * retries with backoff, and a circuit breaker, so that being offline costs seconds and not the time limit of each.
 */
export class PoliteHttp {
  private readonly options: PoliteHttpOptions;
  private readonly breaker;
  private readonly policy: IPolicy;
  private nextSlotAt = 0;
  /** the server asked for a longer pause than is waited for */
  private toldOffUntil = 0;
  private busy = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(options: PoliteHttpOptions) {
    this.options = options;
    const transient = handleWhen((error) => error instanceof HttpUnavailableError && !this.isToldOff);
    this.breaker = circuitBreaker(transient, {
      halfOpenAfter: options.restMs,
      breaker: new ConsecutiveBreaker(options.breakAfter),
    });
    const backoff = new DelegateBackoff(({ attempt }: { attempt: number }) =>
      jitteredBackoffMs(attempt - 1, options.random(), options.retryBaseMs),
    );
    this.policy = wrap(retry(transient, { maxAttempts: options.retries, backoff }), this.breaker);
  }

  get concurrency(): number {
    return this.options.concurrency;
  }

  private get isToldOff(): boolean {
    return this.options.clock.elapsed() < this.toldOffUntil;
  }

  /** Rejects with HttpUnavailableError, or with the signal's reason. */
  async get(url: string, signal: AbortSignal): Promise<HttpAnswer> {
    await this.enter();
    try {
      return await this.policy.execute(() => this.ask(url, signal));
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof BrokenCircuitError
        ? new HttpUnavailableError('not asked: the requests before it failed')
        : error;
    } finally {
      this.leave();
    }
  }

  private async ask(url: string, signal: AbortSignal): Promise<HttpAnswer> {
    await this.waitForSlot(signal);
    if (this.isToldOff) throw new HttpUnavailableError('not asked: it asked for a longer pause');
    const { fetch, timeoutMs, userAgent, bodyLimitBytes } = this.options;
    try {
      const limited = withLimit(signal, AbortSignal.timeout(timeoutMs));
      const headers = { accept: 'application/json', 'user-agent': userAgent };
      const response = await fetch(url, { redirect: 'manual', signal: limited, headers });
      const body = await limitedText(response, bodyLimitBytes);
      if (response.status !== 429 && response.status < 500)
        return { status: response.status, location: response.headers.get('location'), body };
      this.obey(response.headers);
      throw new HttpUnavailableError(`HTTP ${response.status}`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HttpUnavailableError) throw error;
      throw new HttpUnavailableError(causeOf(error));
    }
  }

  /** One request each 1/rate seconds, whoever asks. */
  private async waitForSlot(signal: AbortSignal): Promise<void> {
    const { clock, requestsPerSecond } = this.options;
    const now = clock.elapsed();
    const slot = Math.max(this.nextSlotAt, now);
    this.nextSlotAt = slot + 1000 / requestsPerSecond;
    if (slot > now) await clock.sleep(slot - now, signal);
  }

  private obey(headers: Headers): void {
    const { clock } = this.options;
    const waitMs = Math.min(retryAfterOf(headers, clock.now()) ?? 0, LONGEST_REST_MS);
    const askAgainAt = clock.elapsed() + waitMs;
    if (waitMs > LONGEST_WAIT_MS) this.toldOffUntil = Math.max(this.toldOffUntil, askAgainAt);
    else if (waitMs > 0) this.nextSlotAt = Math.max(this.nextSlotAt, askAgainAt);
  }

  private async enter(): Promise<void> {
    if (this.busy >= this.options.concurrency) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.busy++;
  }

  private leave(): void {
    // The place goes to the next in line without becoming free in between.
    const next = this.waiting.shift();
    if (next === undefined) this.busy--;
    else next();
  }
}
