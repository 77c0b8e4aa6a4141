import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { OwnerAccess } from '../app/access/owner-access.ts';
import { checkProtection } from '../app/access/protection.ts';
import type { App } from '../app/app.ts';
import { codeOf } from '../app/error-code.ts';
import type { RunningApi } from '../app/open-app.ts';
import { InputError } from '../core/errors.ts';
import { createBaseServer } from './base-server.ts';
import type { ApiServer } from './context.ts';
import { registerProcessOperations } from './routes/operations.ts';
import { createServer } from './server.ts';

/** How long open requests may take to end in order, ms. */
const CLOSE_LIMIT_MS = 10_000;

/**
 * Starts the HTTP API where the configuration says. InputError where the address is taken, or nothing protects it.
 *
 * @param port another than the configuration's: that of before, where the system had chosen it
 */
export async function startApi(app: App, port = app.config.port): Promise<RunningApi> {
  checkProtection(app.config, await new OwnerAccess(app).hasPassword());
  const { server, stop } = await createServer(app);
  const url = await listen(server, stop, app, { port, name: 'HOARDARR_PORT' });
  app.telemetry.log.info('the API listens', { url });
  return {
    url,
    async stop() {
      const timer = setTimeout(() => server.server.closeAllConnections(), CLOSE_LIMIT_MS);
      await stop();
      clearTimeout(timer);
    },
  };
}

/**
 * Serves the health and the metrics of a process that runs roles without the API; null where HOARDARR_METRICS_PORT is not
 * set. InputError where the address is taken, or nothing protects it.
 */
export async function startProcessOperations(app: App): Promise<RunningApi | null> {
  const { metricsPort } = app.config;
  if (metricsPort === null) return null;
  checkProtection(app.config, await new OwnerAccess(app).hasPassword());
  const server = createBaseServer(app, 'this process has /healthz, /readyz and /metrics, and the role `api` the rest');
  const routes = async (scoped: FastifyInstance): Promise<void> =>
    registerProcessOperations(scoped.withTypeProvider<ZodTypeProvider>(), app);
  await server.register(routes, app.config.basePath === '' ? {} : { prefix: app.config.basePath });
  const stop = async (): Promise<void> => {
    server.server.closeAllConnections();
    await server.close();
  };
  const url = await listen(server, stop, app, { port: metricsPort, name: 'HOARDARR_METRICS_PORT' });
  app.telemetry.log.info('health and metrics are served', { url });
  return { url, stop };
}

/** Resolves to the URL. */
async function listen(
  server: ApiServer,
  stop: () => Promise<void>,
  { config: { host, basePath } }: App,
  { port, name }: { readonly port: number; readonly name: string },
): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    await stop();
    throw explain(error, host, port, name);
  }
  const address = server.server.address();
  const shown = host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${typeof address === 'object' && address !== null ? address.port : port}${basePath}`;
}

function explain(error: unknown, host: string, port: number, name: string): unknown {
  const code = codeOf(error);
  if (code === 'EADDRINUSE')
    return new InputError(`${host}:${port} is in use already, perhaps by another Hoardarr: stop that, or set ${name}`);
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return new InputError(`${host}:${port} cannot be listened on (${code}): set HOARDARR_HOST and ${name}`);
  return error;
}
