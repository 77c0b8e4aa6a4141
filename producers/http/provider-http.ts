import { withLimit } from '../../core/abort-signals.ts';
import { jitteredBackoffMs } from '../../core/backoff.ts';
import { InputError } from '../../core/errors.ts';
import { causeOf, limitedText } from './fetch-body.ts';
import { RateBudget, type RateBudgetDeps, type RateBudgetOptions } from './rate-budget.ts';
import {
  type HttpUsage,
  type ProviderHttp,
  type ProviderReply,
  type ProviderRequest,
  SourceUnavailableError,
} from './types.ts';

export interface ProviderHttpDeps extends RateBudgetDeps {
  /** the platform's fetch, or a fake */
  readonly fetch: typeof fetch;
}

export interface ProviderHttpOptions extends Omit<RateBudgetOptions, 'requestMs'> {
  readonly userAgent: string;
  readonly timeoutMs?: number;
  readonly bodyLimitBytes?: number;
}

/** The first try and three more (protocol.md, Rate limits and errors). */
const TRIES = 4;
/** Replies in a row that say "later": then the source counts as away. */
const LIMITED_IN_A_ROW = 10;
const TIMEOUT_MS = 30_000;
const BODY_LIMIT_BYTES = 32_000_000;
const RETRY_BASE_MS = 1000;
const PRINTABLE = /^[\t\u0020-\u007e]*$/;

/** The client of one credential. Its budget is the credential's, its usage is its own. */
export function createProviderHttp(deps: ProviderHttpDeps, options: ProviderHttpOptions): ProviderHttp {
  return new BudgetedHttp(deps, options);
}

/** Throws InputError for a value that no header can carry; the platform's own error would show it, token and all. */
function headersOf(values: Readonly<Record<string, string>>): Headers {
  for (const [name, value] of Object.entries(values)) {
    if (PRINTABLE.test(value)) continue;
    throw new InputError(
      `the ${name} header cannot carry what it is given: is the token plain text, in one line and without other characters?`,
    );
  }
  return new Headers(values);
}

class BudgetedHttp implements ProviderHttp {
  readonly #deps: ProviderHttpDeps;
  readonly #options: ProviderHttpOptions;
  readonly #budget: RateBudget;
  readonly #timeoutMs: number;
  #requests = 0;
  #waitedMs = 0;

  constructor(deps: ProviderHttpDeps, options: ProviderHttpOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#budget = new RateBudget(deps, { ...options, requestMs: 2 * this.#timeoutMs });
  }

  usage(): HttpUsage {
    return { requests: this.#requests, rateLimitWaitMs: this.#waitedMs };
  }

  async send(request: ProviderRequest, signal: AbortSignal): Promise<ProviderReply> {
    const { rules } = this.#options;
    const resource = request.resource ?? Object.keys(rules.resources)[0] ?? '';
    let limited = 0;
    for (let tries = 1; ; ) {
      const grant = await this.#budget.acquire(resource, signal, (ms) => this.#waited(ms, resource));
      let failure: string;
      try {
        const reply = await this.#ask(request, signal);
        const now = this.#deps.clock.now();
        const blockMs = rules.limitedForMs(reply, now, limited);
        await grant.done({ reading: rules.readBudget(reply, now, resource), isFree: rules.isFree(reply), blockMs });
        this.#count(reply.status);
        if (blockMs === null && reply.status < 500) return reply;
        if (blockMs !== null && ++limited <= LIMITED_IN_A_ROW) continue;
        failure = `HTTP ${reply.status}`;
      } catch (error) {
        await grant.done(null);
        signal.throwIfAborted();
        if (error instanceof InputError) throw error;
        this.#count(0);
        failure = causeOf(error);
      }
      if (tries >= TRIES || limited > LIMITED_IN_A_ROW)
        throw new SourceUnavailableError(`${new URL(request.url).host} did not answer: ${failure}`);
      const backoffMs = jitteredBackoffMs(tries, this.#deps.random(), RETRY_BASE_MS);
      tries++;
      await this.#deps.clock.sleep(backoffMs, signal);
    }
  }

  async #ask({ method, url, headers, body }: ProviderRequest, signal: AbortSignal): Promise<ProviderReply> {
    this.#requests++;
    const limit = withLimit(signal, AbortSignal.timeout(this.#timeoutMs));
    const response = await this.#deps.fetch(url, {
      method,
      redirect: 'manual',
      signal: limit,
      headers: headersOf({ ...headers, 'user-agent': this.#options.userAgent }),
      ...(body === undefined ? {} : { body }),
    });
    const text = await limitedText(response, this.#options.bodyLimitBytes ?? BODY_LIMIT_BYTES);
    return { status: response.status, headers: response.headers, body: text };
  }

  #waited(ms: number, resource: string): void {
    this.#waitedMs += ms;
    const labels = { provider: this.#options.provider, resource };
    this.#deps.telemetry.metrics.count('hoardarr_rate_limit_wait_seconds', ms / 1000, labels);
  }

  /** `status` 0: no answer came. */
  #count(status: number): void {
    const labels = {
      provider: this.#options.provider,
      status: status === 0 ? 'none' : `${Math.floor(status / 100)}xx`,
    };
    this.#deps.telemetry.metrics.count('hoardarr_provider_requests', 1, labels);
  }
}
