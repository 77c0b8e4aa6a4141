import { APIConnectionError, APIError } from 'openai';
import { messageOf } from '../../../core/errors.ts';
import { BadAnswerError, NoAnswerError } from './answer.ts';

/** What a failed request asks of its caller. */
export type Failure =
  /** try again, after `afterMs` if the server said so */
  | {
      readonly kind: 'passing';
      readonly message: string;
      readonly afterMs: number | undefined;
      readonly suspect: boolean;
    }
  /** the server will never take these texts together, and perhaps one of them not at all */
  | { readonly kind: 'refused'; readonly message: string; readonly tooLong: boolean }
  /** nothing will be taken until somebody or something changes */
  | { readonly kind: 'down'; readonly message: string; readonly afterMs: number | undefined };

const MAX_MESSAGE_CHARS = 200;

const TOO_LONG = /maximum (context|input) length|context (length|window|size)|too (long|large|many tokens)|exceed/i;

/** Sorts an error of a request. The message never holds the key, nor what a server says where it might repeat the key. */
export function failureOf(error: unknown): Failure {
  if (error instanceof APIError && error.status !== undefined) return ofStatus(error, error.status);
  if (error instanceof APIConnectionError) {
    return passing(`no connection (${messageOf(error.cause ?? error)})`);
  }
  if (error instanceof NoAnswerError) return passing(error.message);
  if (error instanceof BadAnswerError)
    return passing(`${error.message}; is the base URL that of an OpenAI-compatible API?`);
  // Cut off or garbled: the SDK hands on what the body's reader threw.
  return passing(`the answer could not be read (${error instanceof Error ? error.name : typeof error})`);
}

function ofStatus(error: APIError, status: number): Failure {
  const afterMs = retryAfterMs(error.headers);
  if (status === 401 || status === 403) {
    return down(`the server refuses the API key (${status}): check OPENAI_API_KEY and what the key may do`);
  }
  if (status === 404) {
    return down('the server knows no such model or address (404): check OPENAI_EMBEDDING_MODEL and OPENAI_BASE_URL');
  }
  if (error.code === 'insufficient_quota') {
    return down('the account has no quota left: check the plan and billing of the provider', afterMs);
  }
  const message = `status ${status}: ${errorText(error)}`;
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return { ...passing(message, afterMs), suspect: status === 500 };
  }
  return { kind: 'refused', message, tooLong: TOO_LONG.test(error.message) };
}

function passing(message: string, afterMs?: number): Extract<Failure, { kind: 'passing' }> {
  return { kind: 'passing', message, afterMs, suspect: false };
}

function down(message: string, afterMs?: number): Failure {
  return { kind: 'down', message, afterMs };
}

/** What the server said, without the status that the SDK puts before it. */
function errorText(error: APIError): string {
  return error.message.replace(/^\d{3} /, '').slice(0, MAX_MESSAGE_CHARS);
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfterMs(headers: Headers | undefined): number | undefined {
  const exact = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(exact)) return Math.max(0, exact);
  const value = headers?.get('retry-after');
  if (value === null || value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const date = Date.parse(value);
  if (Number.isNaN(date)) return undefined;
  // Against the server's own clock where it shows it: ours may be off.
  const now = Date.parse(headers?.get('date') ?? '');
  return Number.isNaN(now) ? undefined : Math.max(0, date - now);
}
