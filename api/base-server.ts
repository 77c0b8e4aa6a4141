import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { App } from '../app/app.ts';
import type { ApiServer } from './context.ts';
import { Gate } from './gate.ts';
import { isReading } from './guard.ts';
import { about, answerToNoRequest, send, sendProblem } from './problem.ts';
import { endWhereStill } from './still-body.ts';
import { whenGone } from './when-gone.ts';

const JSON_LIMIT_BYTES = 100_000;
/** Answers that outlive the moment in which their request was let in. */
const STREAMS: ReadonlySet<string> = new Set(['/v1/events']);
const STREAM_LOOK_MS = 2_000;
/** No page may show another one's buttons under its own. */
const UNFRAMED = "frame-ancestors 'none'";

/**
 * A server without routes yet, guarded as `gate.ts` says, whose errors are problem documents.
 *
 * @param hint where to look, for who asks for what is not there
 */
export function createBaseServer(app: App, hint: string): ApiServer {
  const server: ApiServer = Fastify({
    logger: false,
    bodyLimit: JSON_LIMIT_BYTES,
    forceCloseConnections: 'idle',
    // Before a route is known, as for an address that is none: Fastify's own answer is no problem document.
    frameworkErrors: (error, request, reply) => {
      forbidFrames(reply);
      void sendProblem(app.telemetry, error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.write(answerToNoRequest(error.code));
      socket.destroy();
    },
    routerOptions: { maxParamLength: 300 },
  }).withTypeProvider<ZodTypeProvider>();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  guard(server, app);
  server.setErrorHandler((error, request, reply) => sendProblem(app.telemetry, error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    send(
      reply,
      about(404, `there is nothing at ${request.method} ${request.url.split('?')[0] ?? ''}; ${hint}`, request),
    ),
  );
  return server;
}

function guard(server: ApiServer, app: App): void {
  const gate = new Gate(app);
  server.addHook('onRequest', async (request, reply) => {
    forbidFrames(reply);
    endWhereStill(request.raw);
    const refusal = await gate.refusalOf(request);
    if (refusal === null) {
      if (STREAMS.has(request.routeOptions.url?.slice(app.config.basePath.length) ?? ''))
        endWithLogin(gate, request, reply);
      return;
    }
    if (refusal.status === 401) void reply.header('www-authenticate', 'Bearer');
    // A body that nobody will read must not keep the connection.
    if (!isReading(request.method)) void reply.header('connection', 'close');
    await send(reply, about(refusal.status, refusal.detail, request));
  });
  server.addHook('onSend', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    const policy = reply.getHeader('content-security-policy');
    if (typeof policy === 'string' && !policy.includes('frame-ancestors'))
      void reply.header('content-security-policy', `${policy}; ${UNFRAMED}`);
  });
}

/** On the raw answer, so that streams have it too. A page that has a policy of its own replaces this one. */
function forbidFrames({ raw }: FastifyReply): void {
  raw.setHeader('x-frame-options', 'DENY');
  raw.setHeader('content-security-policy', `default-src 'none'; ${UNFRAMED}`);
}

/** Who has logged out, or was, gets nothing more. While the metadata are away, nobody can have logged out. */
function endWithLogin(gate: Gate, request: FastifyRequest, { raw }: FastifyReply): void {
  const look = async (): Promise<void> => {
    if ((await gate.refusalOf(request)) !== null) raw.destroy();
  };
  const timer = setInterval(() => void look().catch(() => undefined), STREAM_LOOK_MS);
  whenGone(request.raw, raw, () => clearInterval(timer));
}
