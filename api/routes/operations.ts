import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { App } from '../../app/app.ts';
import { collectGauges } from '../../app/use-cases/collect-gauges.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { about, send } from '../problem.ts';
import { Problem } from '../schemas.ts';

/** Health, metrics, and the description of the API. */
export function registerOperations(server: ApiServer, { app }: ApiContext): void {
  registerHealth(server, app);
  server.get('/metrics', { schema: { summary: 'Metrics for Prometheus' } }, async (_request, reply) => {
    await collectGauges(app);
    return await sendMetrics(app, reply);
  });
  server.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(server.swagger())),
  );
}

/** Health and metrics of a process without the API: what was counted in it, and not what the log and the store hold. */
export function registerProcessOperations(server: ApiServer, app: App): void {
  registerHealth(server, app);
  server.get('/metrics', async (_request, reply) => await sendMetrics(app, reply));
}

function registerHealth(server: ApiServer, app: App): void {
  const Ok = z.object({ status: z.literal('ok') });
  server.get('/healthz', { schema: { summary: 'The process runs', response: { 200: Ok } } }, async () => ({
    status: 'ok' as const,
  }));
  server.get(
    '/readyz',
    { schema: { summary: 'The log and the store answer', response: { 200: Ok, 503: Problem } } },
    async (request, reply) => {
      try {
        await app.log.ends('ingest');
        await app.store.scopes();
        await app.metadata.get('store');
        return { status: 'ok' as const };
      } catch (error) {
        app.telemetry.log.warn('not ready', { error });
        await send(reply, about(503, 'the log or the store does not answer', request));
        return reply;
      }
    },
  );
}

async function sendMetrics(app: App, reply: FastifyReply): Promise<FastifyReply> {
  const { registry } = app.telemetry.metrics;
  return reply.header('content-type', registry.contentType).send(await registry.metrics());
}
