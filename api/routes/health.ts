import { z } from 'zod';
import { listDeadLetters, redriveDeadLetters } from '../../app/use-cases/dead-letters.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem } from '../schemas.ts';

const time = z.string().nullable().describe('ISO 8601 UTC');

const Pipeline = z.object({
  stages: z.array(
    z.object({
      name: z.enum(['producers', 'embed', 'sink']),
      recordsPerSecond: z.number(),
      total: z.number().describe('positions that it has put behind it, ever'),
      lag: z.number().describe('records that wait for it; of the producers, commands'),
      deadLetters: z.number().describe('of those that are kept'),
      lastAt: time,
    }),
  ),
  embedding: z
    .object({
      isHere: z.boolean().describe('false: the role embed runs in another process'),
      since: time.describe('ISO 8601 UTC; null: nothing was embedded yet'),
      requests: z.number(),
      tokens: z.number(),
      textsEmbedded: z.number(),
      cacheHits: z.number(),
      tokensSaved: z.number().describe('estimated'),
      costUsd: z.number().nullable().describe('null: the price is not known, as of a server of your own'),
      savedUsd: z.number().nullable(),
    })
    .describe('by all processes, since it began'),
  uptimeS: z.number(),
});

const DeadLetters = z.object({
  records: z.array(
    z.object({
      id: z.string(),
      topic: z.string(),
      partition: z.number(),
      offset: z.number(),
      stage: z.string(),
      reason: z.string(),
      at: time,
    }),
  ),
  total: z.number().describe('how many there are; the newest are shown'),
});

const Redriven = z.object({
  redriven: z.number(),
  skipped: z.array(z.object({ id: z.string(), reason: z.string() })),
});

const MOST_SHOWN = 1_000;

/** How the pipeline fares, and what it could not take. */
export function registerPipeline(server: ApiServer, { app, pipeline }: ApiContext): void {
  server.get(
    '/v1/pipeline',
    {
      schema: {
        summary: 'What each stage does, how far it is behind, and what embedding costs',
        description: 'Rates are differences between two looks; /v1/events sends the same every 2 s, as `pipeline`.',
        response: { 200: Pipeline },
      },
    },
    async () => {
      const { stages, ...rest } = await pipeline.view();
      return { stages: [...stages], ...rest };
    },
  );
  server.get(
    '/v1/dead-letters',
    { schema: { summary: 'Records that no stage could take, newest first', response: { 200: DeadLetters } } },
    async () => {
      const all = await listDeadLetters(app);
      const newest = all.toSorted((a, b) => (b.at ?? '').localeCompare(a.at ?? ''));
      return { records: newest.slice(0, MOST_SHOWN), total: all.length };
    },
  );
  server.post(
    '/v1/dead-letters/redrive',
    {
      schema: {
        summary: 'Takes them anew: all, or those named',
        body: z.strictObject({ ids: z.array(z.string()).max(MOST_SHOWN).optional() }).nullish(),
        response: { 200: Redriven, 400: Problem, 404: Problem },
      },
    },
    async ({ body }) => {
      const { redriven, skipped } = await redriveDeadLetters(app, body?.ids ?? []);
      return { redriven, skipped: [...skipped] };
    },
  );
}
