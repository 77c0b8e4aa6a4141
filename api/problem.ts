import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { AppTelemetry } from '../app/telemetry.ts';
import type { Decided } from '../app/use-cases/decide.ts';
import { UploadTooLargeError } from '../app/use-cases/uploads.ts';
import {
  BusyError,
  InputError,
  LogUnavailableError,
  messageOf,
  NotFoundError,
  ReauthorizationError,
  StoreUnavailableError,
} from '../core/errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const NO_REQUEST = {
  400: 'this is no request of HTTP',
  408: 'the request did not come to its end in time',
  431: 'the address and the headers are longer than a request may have them',
} as const;

/** Sends any error as a problem document; what is our fault is logged and not shown. */
export async function sendProblem(
  telemetry: AppTelemetry,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const status = statusOf(error);
  if (status >= 500)
    telemetry.log.error('a request failed', {
      method: request.method,
      route: request.routeOptions.url ?? '',
      requestId: request.id,
      error,
    });
  const detail =
    status === 500 ? `something went wrong here; the log has more under request ${request.id}` : messageOf(error);
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (status === 503) void reply.header('retry-after', '5');
  await send(reply, { ...about(status, telemetry.redactor.text(detail), request), ...errorsOf(error) });
}

export async function send(reply: FastifyReply, problem: Problem): Promise<void> {
  await reply
    .code(problem.status)
    .header('content-type', PROBLEM_TYPE)
    .serializer((value: unknown) => JSON.stringify(value))
    .send(problem);
}

export function about(status: number, detail: string, request: FastifyRequest): Problem {
  const [instance = '/'] = request.url.split('?');
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, instance };
}

/** What came of a decision; where nothing came of it, a problem document that says the same beside. */
export async function sendDecided(reply: FastifyReply, decided: Decided, request: FastifyRequest): Promise<void> {
  if (decided.done) await reply.code(200).send(decided);
  else await send(reply, { ...about(409, decided.reason ?? 'nothing was changed', request), ...decided });
}

/** Where the bytes are no request, so that there is nothing yet to answer by: what goes back on the connection. */
export function answerToNoRequest(code: string | undefined): string {
  const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const title = STATUS_CODES[status] ?? 'Error';
  const problem: Problem = { type: 'about:blank', title, status, detail: NO_REQUEST[status], instance: '/' };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function statusOf(error: unknown): number {
  if (error instanceof UploadTooLargeError) return 413;
  if (error instanceof NotFoundError) return 404;
  if (error instanceof InputError) return 400;
  if (error instanceof ReauthorizationError || error instanceof BusyError) return 409;
  if (error instanceof StoreUnavailableError || error instanceof LogUnavailableError) return 503;
  const { statusCode } = error as Partial<FastifyError>;
  return statusCode !== undefined && statusCode >= 400 && statusCode < 600 ? statusCode : 500;
}

function errorsOf(error: unknown): Pick<Problem, 'errors'> {
  const { validation } = error as Partial<FastifyError>;
  if (validation === undefined) return {};
  return {
    errors: validation.map(({ instancePath, message }) => ({
      path: instancePath,
      message: message ?? 'is not allowed',
    })),
  };
}
