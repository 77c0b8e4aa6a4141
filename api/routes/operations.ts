import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { App } from '../../app/app.ts';
import { collectGauges } from '../../app/use-cases/collect-gauges.ts';
import { messageOf } from '../../core/errors.ts';
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
    {
      schema: {
        summary: 'The log and the store answer, and the roles of the process run',
        response: { 200: Ok, 503: Problem },
      },
    },
    async (request, reply) => {
      const lacking = await whatIsLacking(app);
      if (lacking.length === 0) return { status: 'ok' as const };
      await send(reply, about(503, lacking.join('; '), request));
      return reply;
    },
  );
}

/** For people. The schema registry is not asked: once a process has started, it encodes and decodes without it. */
async function whatIsLacking({ log, store, metadata, roles, telemetry }: App): Promise<readonly string[]> {
  const parts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['the log', () => log.ends('ingest')],
    ['the store', () => store.scopes()],
    ['the metadata of the store', () => metadata.get('store')],
  ];
  const answers = await Promise.allSettled(parts.map(([, ask]) => ask()));
  const lacking = answers.flatMap((answer, i) => {
    if (answer.status === 'fulfilled') return [];
    const name = parts[i]?.[0] ?? '';
    telemetry.log.warn('not ready', { part: name, error: messageOf(answer.reason) });
    return [`${name} does not answer`];
  });
  const missing = roles.missing.map((role) => `the role ${role} does not run`);
  const left = roles.left.aborted
    ? ['this process has nothing to do any more: its log or its store went to others']
    : [];
  return [...lacking, ...missing, ...left];
}

async function sendMetrics(app: App, reply: FastifyReply): Promise<FastifyReply> {
  const { registry } = app.telemetry.metrics;
  return reply.header('content-type', registry.contentType).send(await registry.metrics());
}
