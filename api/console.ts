import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext, ApiServer } from './context.ts';

/** Files whose name does not change with their content: asked for anew each time. */
const PLAIN_FILES = ['theme.js', 'icon.svg'];
/** What belongs to programs: there an unknown address is an error, and never the page. */
const NOT_PAGES = /^\/(v1|assets|mcp|metrics|healthz|readyz|openapi\.json)(\/|$)/;

/**
 * Nothing from elsewhere, nothing written into the page, and no page around it. Styles that scripts set on an element are no
 * inline styles.
 */
const POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The console at the base path: its page there and at every address that is none of the API, its files below `assets/`. Nothing
 * where it was not built.
 */
export async function registerConsole(server: ApiServer, { app }: ApiContext, folder = builtConsole()): Promise<void> {
  if (folder === null) return;
  const page = readFileSync(path.join(folder, 'index.html'), 'utf8').replace(
    '<base href="/"',
    `<base href="${app.config.basePath}/"`,
  );
  const sendPage = async (reply: FastifyReply): Promise<FastifyReply> =>
    protect(reply).type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
  await server.register(async (scoped: FastifyInstance) => {
    await scoped.register(fastifyStatic, { root: folder, serve: false, preCompressed: true });
    scoped.get<{ Params: { '*': string } }>('/assets/*', { schema: { hide: true } }, async ({ params }, reply) =>
      protect(reply).sendFile(`assets/${params['*']}`, { maxAge: '365d', immutable: true }),
    );
    for (const file of PLAIN_FILES)
      scoped.get(`/${file}`, { schema: { hide: true } }, async (_request, reply) =>
        protect(reply).sendFile(file, { maxAge: 0 }),
      );
    scoped.get('/', { schema: { hide: true } }, async (_request, reply) => sendPage(reply));
    scoped.get('/*', { schema: { hide: true } }, async (request, reply) => {
      if (isForPeople(request, app.config.basePath)) return sendPage(reply);
      reply.callNotFound();
      return reply;
    });
  });
}

function protect(reply: FastifyReply): FastifyReply {
  return reply.header('content-security-policy', POLICY).header('x-frame-options', 'DENY');
}

/** A browser that was led to an address of the console's own, as by a bookmark. */
function isForPeople({ url, headers }: FastifyRequest, basePath: string): boolean {
  const address = url.slice(basePath.length).split('?')[0] ?? '';
  return (headers.accept ?? '').includes('text/html') && !NOT_PAGES.test(address);
}

/** Beside the compiled program, or, from the sources, where the last build left it. */
function builtConsole(): string | null {
  const folders = ['../console/', '../dist/console/'].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
  return folders.find((folder) => existsSync(path.join(folder, 'assets'))) ?? null;
}
