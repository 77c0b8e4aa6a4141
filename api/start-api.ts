import type { App } from '../app/app.ts';
import { codeOf } from '../app/error-code.ts';
import type { RunningApi } from '../app/open-app.ts';
import { InputError } from '../core/errors.ts';
import { checkAddress } from './guard.ts';
import { createServer } from './server.ts';

/** How long open requests may take to end in order, ms. */
const CLOSE_LIMIT_MS = 10_000;

/** Starts the HTTP API where the configuration says. InputError where the address is taken, or needs a token. */
export async function startApi(app: App): Promise<RunningApi> {
  const { host, port, apiToken, basePath } = app.config;
  checkAddress(host, apiToken);
  const { server, stop } = await createServer(app);
  try {
    await server.listen({ host, port });
  } catch (error) {
    await stop();
    throw explain(error, host, port);
  }
  const address = server.server.address();
  const shown = host.includes(':') ? `[${host}]` : host;
  const url = `http://${shown}:${typeof address === 'object' && address !== null ? address.port : port}${basePath}`;
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

function explain(error: unknown, host: string, port: number): unknown {
  const code = codeOf(error);
  if (code === 'EADDRINUSE')
    return new InputError(
      `${host}:${port} is in use already, perhaps by another Hoardarr: stop that, or set HOARDARR_PORT`,
    );
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL')
    return new InputError(`${host}:${port} cannot be listened on (${code}): set HOARDARR_HOST and HOARDARR_PORT`);
  return error;
}
