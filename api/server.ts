import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { App } from '../app/app.ts';
import { PipelineMonitor } from '../app/use-cases/pipeline.ts';
import { Uploads } from '../app/use-cases/uploads.ts';
import { createBaseServer } from './base-server.ts';
import { registerConsole } from './console.ts';
import type { ApiContext, ApiServer } from './context.ts';
import { registerAccounts } from './routes/accounts.ts';
import { registerBackups } from './routes/backups.ts';
import { registerConnections } from './routes/connections.ts';
import { registerDecisions } from './routes/decisions.ts';
import { registerEvents } from './routes/events.ts';
import { registerExport } from './routes/export.ts';
import { registerPipeline } from './routes/health.ts';
import { registerHeld } from './routes/held.ts';
import { registerItems } from './routes/items.ts';
import { registerJournal } from './routes/journal.ts';
import { registerMcp } from './routes/mcp.ts';
import { registerNotifications } from './routes/notifications.ts';
import { registerOperations } from './routes/operations.ts';
import { registerOverview } from './routes/overview.ts';
import { registerRebuilds } from './routes/rebuilds.ts';
import { registerSample } from './routes/sample.ts';
import { registerSearch } from './routes/search.ts';
import { registerSession } from './routes/session.ts';
import { registerSimilar } from './routes/similar.ts';
import { registerThumbnail } from './routes/thumbnail.ts';
import { registerUploads } from './routes/uploads.ts';

/** The HTTP API, not listening yet. `stop` ends streams and uploads in order. */
export async function createServer(
  app: App,
): Promise<{ readonly server: ApiServer; readonly stop: () => Promise<void> }> {
  const { basePath } = app.config;
  const server = createBaseServer(app, `${basePath}/openapi.json describes what there is`);
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
  const context: ApiContext = { app, uploads, pipeline: new PipelineMonitor(app), closing: closing.signal };
  const routes = async (scoped: FastifyInstance): Promise<void> => {
    const typed = scoped.withTypeProvider<ZodTypeProvider>();
    for (const register of [
      registerOperations,
      registerOverview,
      registerSample,
      registerSearch,
      registerSimilar,
      registerThumbnail,
      registerItems,
      registerDecisions,
      registerJournal,
      registerHeld,
      registerAccounts,
      registerConnections,
      registerEvents,
      registerPipeline,
      registerRebuilds,
      registerSession,
      registerExport,
      registerMcp,
      registerNotifications,
    ])
      register(typed, context);
    await registerUploads(typed, context);
    await registerBackups(typed, context);
    await registerConsole(typed, context);
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
