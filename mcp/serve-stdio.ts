import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { App } from '../app/app.ts';
import { messageOf } from '../core/errors.ts';
import { mcpServers } from './mcp-server.ts';

export interface StdioOptions {
  readonly stdin: Readable;
  /** carries the protocol alone */
  readonly stdout: Writable;
  /** whose items are served; null: everybody's */
  readonly user: string | null;
  readonly signal: AbortSignal;
}

/** Serves assistants over two streams, until the first one ends or the signal is aborted. */
export async function serveMcpStdio(app: App, { stdin, stdout, user, signal }: StdioOptions): Promise<void> {
  const over = ended(stdin, stdout, signal);
  const serving = serveStdio(mcpServers(app, user), {
    transport: new StdioServerTransport(stdin, stdout),
    onerror: (error) => app.telemetry.log.warn('a message could not be served', { error: messageOf(error) }),
  });
  await over;
  await serving.close();
}

async function ended(stdin: Readable, stdout: Writable, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => resolve();
    if (signal.aborted || stdin.readableEnded || stdin.destroyed) end();
    signal.addEventListener('abort', end, { once: true });
    for (const event of ['end', 'close', 'error'] as const) stdin.once(event, end);
    for (const event of ['close', 'error'] as const) stdout.once(event, end);
  });
}
