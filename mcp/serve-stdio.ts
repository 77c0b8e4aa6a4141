import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { App } from '../app/app.ts';
import { messageOf } from '../core/errors.ts';
import { mcpServers } from './mcp-server.ts';
import { ServedApp } from './served-app.ts';

interface StdioOptions {
  readonly stdin: Readable;
  /** carries the protocol alone */
  readonly stdout: Writable;
  /** whose items are served; null: everybody's */
  readonly user: string | null;
}

/** Assistants that are served over two streams. */
export interface StdioServing {
  readonly served: ServedApp;
  /** Aborted when the streams end. */
  readonly ended: AbortSignal;
  readonly close: () => Promise<void>;
}

/** Serves assistants over two streams, until it is closed. */
export function serveMcpStdio(app: App, { stdin, stdout, user }: StdioOptions): StdioServing {
  const ended = endOf(stdin, stdout);
  const served = new ServedApp(app);
  const serving = serveStdio(mcpServers(served, app, user), {
    transport: new StdioServerTransport(stdin, stdout),
    onerror: (error) => app.telemetry.log.warn('a message could not be served', { error: messageOf(error) }),
  });
  return { served, ended, close: () => serving.close() };
}

function endOf(stdin: Readable, stdout: Writable): AbortSignal {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  if (stdin.readableEnded || stdin.destroyed) end();
  for (const event of ['end', 'close', 'error'] as const) stdin.once(event, end);
  for (const event of ['close', 'error'] as const) stdout.once(event, end);
  return ended.signal;
}
