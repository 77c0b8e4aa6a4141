import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { App } from '../app/app.ts';
import type { ApiServer } from './context.ts';
import { refusalOf } from './guard.ts';
import { about, send, sendProblem } from './problem.ts';

const JSON_LIMIT_BYTES = 100_000;
/** Without login: whoever asks learns no more than that it runs, and a browser comes back without one. */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/v1/connections/reddit/callback']);

/**
 * A server without routes yet, guarded as `guard.ts` says, whose errors are problem documents.
 *
 * @param hint where to look, for who asks for what is not there
 */
export function createBaseServer(app: App, hint: string): ApiServer {
  const server: ApiServer = Fastify({
    logger: false,
    bodyLimit: JSON_LIMIT_BYTES,
    forceCloseConnections: 'idle',
    // Before a route is known, as for an address that is none: Fastify's own answer is no problem document.
    frameworkErrors: (error, request, reply) => void sendProblem(app.telemetry, error, request, reply),
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

function guard(server: ApiServer, { config }: App): void {
  server.addHook('onRequest', async (request, reply) => {
    const { headers, method } = request;
    const path = (request.routeOptions.url ?? '').slice(config.basePath.length);
    const asked = {
      method,
      host: headers.host,
      origin: headers.origin,
      authorization: headers.authorization,
      fetchSite: oneOf(headers['sec-fetch-site']),
      fetchMode: oneOf(headers['sec-fetch-mode']),
    };
    const refusal = refusalOf(asked, { host: config.host, token: config.apiToken, isPublic: PUBLIC_ROUTES.has(path) });
    if (refusal === null) return;
    if (refusal.status === 401) void reply.header('www-authenticate', 'Bearer');
    // A body that nobody will read must not keep the connection.
    if (method === 'POST') void reply.header('connection', 'close');
    await send(reply, about(refusal.status, refusal.detail, request));
  });
  server.addHook('onSend', async (_request, reply) => {
    void reply
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer');
  });
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
