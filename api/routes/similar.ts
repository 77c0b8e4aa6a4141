import { z } from 'zod';
import { similarItems } from '../../app/use-cases/similar.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { count, Problem, SearchResult, userName } from '../schemas.ts';

export function registerSimilar(server: ApiServer, { app }: ApiContext): void {
  server.get(
    '/v1/items/:provider/:collection/:id/similar',
    {
      schema: {
        summary: 'Items of the same user that are most like it, the nearest first',
        params: z.object({ provider: z.string(), collection: z.string(), id: z.string() }),
        querystring: z.object({ user: userName.optional(), limit: count(50, 10) }),
        response: {
          200: z.object({
            by: z.enum(['meaning', 'words']).describe('words: the item has no vector yet'),
            results: z.array(SearchResult),
          }),
          400: Problem,
          404: Problem,
        },
      },
    },
    async ({ params: { provider, collection, id }, query: { user, limit } }) => {
      const asked = { provider, collection, user: user ?? null, itemId: id, limit };
      const { by, results } = await similarItems(app, asked);
      return { by, results: results.map((result) => ({ ...result, matched: [...result.matched] })) };
    },
  );
}
