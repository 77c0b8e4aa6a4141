import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { App } from '../app/app.ts';
import { Uploads } from '../app/use-cases/uploads.ts';
import type { ApiContext, ApiServer } from './context.ts';
import { refusalOf } from './guard.ts';
import { about, send, sendProblem } from './problem.ts';
import { registerAccounts } from './routes/accounts.ts';
import { registerEvents } from './routes/events.ts';
import { registerHeld } from './routes/held.ts';
import { registerItems } from './routes/items.ts';
import { registerOperations } from './routes/operations.ts';
import { registerSearch } from './routes/search.ts';
import { registerUploads } from './routes/uploads.ts';

const JSON_LIMIT_BYTES = 100_000;
/** Without login: whoever asks learns no more than that it runs. */
const PUBLIC_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** The HTTP API, not listening yet. `stop` ends streams and uploads in order. */
export async function createServer(
  app: App,
): Promise<{ readonly server: ApiServer; readonly stop: () => Promise<void> }> {
  const { basePath } = app.config;
  const server: ApiServer = Fastify({
    logger: false,
    bodyLimit: JSON_LIMIT_BYTES,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
  }).withTypeProvider<ZodTypeProvider>();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  guard(server, app);
  server.setErrorHandler((error, request, reply) => sendProblem(app.telemetry, error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    send(
      reply,
      about(
        404,
        `there is nothing at ${request.method} ${request.url.split('?')[0] ?? ''}; ${basePath}/openapi.json describes what there is`,
        request,
      ),
    ),
  );
  await server.register(swagger, {
    openapi: {
      info: { title: 'Hoardarr', description: 'What you saved elsewhere, searchable.', version: '1' },
      servers: [{ url: basePath === '' ? '/' : basePath }],
    },
    transform: jsonSchemaTransform,
    stripBasePath: false,
  });
  const uploads = new Uploads(app);
  const closing = new AbortController();
  const context: ApiContext = { app, uploads, closing: closing.signal };
  const routes = async (scoped: FastifyInstance): Promise<void> => {
    const typed = scoped.withTypeProvider<ZodTypeProvider>();
    for (const register of [
      registerOperations,
      registerSearch,
      registerItems,
      registerHeld,
      registerAccounts,
      registerEvents,
    ])
      register(typed, context);
    await registerUploads(typed, context);
  };
  await server.register(routes, basePath === '' ? {} : { prefix: basePath });
  await server.ready();
  await uploads.start();
  const stop = async (): Promise<void> => {
    closing.abort();
    await server.close();
    await uploads.stop();
  };
  return { server, stop };
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
