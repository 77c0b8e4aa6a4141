import { createMcpHandler } from '@modelcontextprotocol/server';
import type { App } from '../app/app.ts';
import { messageOf } from '../core/errors.ts';
import { mcpServers } from './mcp-server.ts';
import { ServedApp } from './served-app.ts';

/** Answers requests of assistants, each for itself: there are no sessions. */
export interface McpHttp {
  /** The body is parsed already. Who asks was checked before. */
  readonly answer: (request: Request, body: unknown) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** The tools over streamable HTTP, of all users. */
export function createMcpHttp(app: App): McpHttp {
  const handler = createMcpHandler(mcpServers(new ServedApp(app), app, null), {
    onerror: (error) => app.telemetry.log.debug('a request of an assistant was refused', { error: messageOf(error) }),
  });
  return {
    answer: (request, body) => handler.fetch(request, body === undefined ? {} : { parsedBody: body }),
    close: () => handler.close(),
  };
}
