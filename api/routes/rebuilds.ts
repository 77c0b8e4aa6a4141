import { z } from 'zod';
import { type RebuildState, Rebuilds } from '../../app/use-cases/rebuilds.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem } from '../schemas.ts';

const time = z.string().nullable().describe('ISO 8601 UTC');

const Rebuild = z.object({
  id: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  model: z.string().nullable().describe('null: with the model of before'),
  replayed: z.number(),
  total: z.number().describe('records of the log when it began'),
  digestBefore: z.string().nullable(),
  digestAfter: z.string().nullable(),
  match: z.boolean().nullable().describe('null: not compared, as with another model'),
  embeddingCalls: z.number().nullable(),
  warnings: z.array(z.string()),
  createdAt: time,
  finishedAt: time,
  durationMs: z.number().nullable(),
  error: z.string().nullable(),
});

/** Making the store anew from the log, while everything else goes on. */
export function registerRebuilds(server: ApiServer, { app, closing }: ApiContext): void {
  const rebuilds = new Rebuilds(app, closing);
  server.addHook('onClose', () => rebuilds.stop());
  server.post(
    '/v1/rebuilds',
    {
      schema: {
        summary: 'Makes the store anew from the log, compares, and switches',
        description: 'One at a time, in this process; search and the console go on meanwhile.',
        body: z
          .strictObject({
            model: z.string().min(1).max(200).nullish().describe('embeds everything anew with this model'),
          })
          .nullish(),
        response: { 202: Rebuild, 400: Problem, 409: Problem },
      },
    },
    async ({ body }, reply) => {
      const begun = await rebuilds.begin(body?.model ?? null);
      return reply.code(202).header('location', `${app.config.basePath}/v1/rebuilds/${begun.id}`).send(viewOf(begun));
    },
  );
  server.get(
    '/v1/rebuilds',
    {
      schema: {
        summary: 'Rebuilds that were asked for here, the latest first',
        response: { 200: z.object({ rebuilds: z.array(Rebuild) }) },
      },
    },
    async () => ({ rebuilds: (await rebuilds.list()).map(viewOf) }),
  );
  server.get(
    '/v1/rebuilds/:id',
    {
      schema: {
        summary: 'How far it is; at the end, whether both digests are the same',
        params: z.object({ id: z.uuid() }),
        response: { 200: Rebuild, 404: Problem },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async ({ params }) => viewOf(await rebuilds.get(params.id)),
  );
}

function viewOf({ warnings, instance: _instance, ...state }: RebuildState): z.output<typeof Rebuild> {
  return { ...state, warnings: [...warnings] };
}
