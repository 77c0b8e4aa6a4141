import { z } from 'zod';
import { readJournal } from '../../app/use-cases/journal.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { count, ItemName, Problem, user } from '../schemas.ts';

const kind = z.enum(['removed', 'restored', 'held', 'purged']);
const Journal = z.object({
  entries: z.array(
    z.object({
      id: z.string(),
      at: z.string().nullable().describe('ISO 8601 UTC'),
      kind,
      event: z.string().describe('as the history of the item has it'),
      ...ItemName.shape,
      title: z.string().nullable(),
      url: z.string().nullable(),
      reason: z.string(),
      snapshotId: z.string().nullable(),
      evidence: z.record(z.string(), z.unknown()),
      author: z.string(),
    }),
  ),
  next: z.string().nullable(),
});

export function registerJournal(server: ApiServer, { app }: ApiContext): void {
  server.get(
    '/v1/journal',
    {
      schema: {
        summary: 'Everything that was removed and why, and who restored it; newest first',
        querystring: z.object({
          user,
          provider: z.string().optional(),
          kind: kind.optional(),
          after: z.string().optional().describe('the `next` of the page before'),
          limit: count(500, 50),
        }),
        response: { 200: Journal, 400: Problem },
      },
    },
    async ({ query: { user: whose = null, provider = null, kind: only = null, after = null, limit } }) => {
      const { entries, next } = await readJournal(app, { user: whose, provider, kind: only, after, limit });
      return { entries: [...entries], next };
    },
  );
}
