import { createMcpHttp } from '../../mcp/http-handler.ts';
import type { ApiContext, ApiServer } from '../context.ts';

/** The tools for assistants (Model Context Protocol, streamable HTTP without sessions), guarded like every other route. */
export function registerMcp(server: ApiServer, { app, closing }: ApiContext): void {
  const mcp = createMcpHttp(app);
  closing.addEventListener('abort', () => void mcp.close(), { once: true });
  server.route({
    // The protocol wants a 405 where there are no sessions to listen to or to end.
    method: ['POST', 'GET', 'DELETE'],
    url: '/mcp',
    // The protocol has no HEAD, and that of Fastify cannot tell how long a Response is.
    exposeHeadRoute: false,
    schema: { summary: 'The tools for assistants, by the Model Context Protocol' },
    handler: async (request, reply) => {
      const headers = new Headers();
      for (const [name, value] of Object.entries(request.headers))
        if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
      // Whoever goes away is not worked for.
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const asked = new Request(new URL(request.url, 'http://localhost'), {
        method: request.method,
        headers,
        signal: gone.signal,
      });
      return reply.send(await mcp.answer(asked, request.body));
    },
  });
}
