import { causeOf } from '../../producers/http/fetch-body.ts';
import type { Config } from '../config.ts';
import type { Notice } from './notice.ts';
import { type Receiver, refusalOf, requestFor } from './receiver.ts';

/** What became of a notice: taken; refused for now, so that it is sent again; or taken by some of those behind the receiver. */
export type Sent =
  | { readonly is: 'taken' }
  | { readonly is: 'partly'; readonly detail: string }
  | { readonly is: 'refused'; readonly detail: string; readonly retryAfterMs: number };

export interface SendDeps {
  readonly fetch: typeof fetch;
  readonly config: Pick<Config, 'access'>;
}

const TIMEOUT_MS = 10_000;
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Hands a notice over, once. Never rejects; what it says names no address. */
export async function send(deps: SendDeps, receiver: Receiver, notice: Notice, at: number): Promise<Sent> {
  try {
    const [publicUrl = null] = deps.config.access.publicUrls;
    const { url, headers, body } = requestFor(receiver, notice, at, publicUrl);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const reply = await deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    await reply.body?.cancel();
    const refusal = refusalOf(receiver, reply.status);
    if (refusal === null) return { is: 'taken' };
    if (refusal.isPartly) return { is: 'partly', detail: refusal.detail };
    return { is: 'refused', detail: refusal.detail, retryAfterMs: retryAfterMs(reply) };
  } catch (error) {
    return { is: 'refused', detail: reasonOf(error), retryAfterMs: 0 };
  }
}

/** As the receiver asks; 0 where it does not, or names a date. */
function retryAfterMs({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? '0');
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, LONGEST_RETRY_AFTER_MS) : 0;
}

/** Why there was no answer, in a word: what fetch says itself may hold the address, which is a secret. */
function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  return /^[A-Z][A-Z_]+$/.test(cause) ? cause : 'it did not answer';
}
