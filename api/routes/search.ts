import { z } from 'zod';
import { searchItems } from '../../app/use-cases/search.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { count, Problem, SearchResults, savedFrom, savedTo, user } from '../schemas.ts';

export function registerSearch(server: ApiServer, { app }: ApiContext): void {
  const querystring = z.object({
    q: z.string().optional(),
    query: z.string().optional(),
    provider: z.string().optional(),
    collection: z.string().optional(),
    state: z.string().optional().describe('active, held, trash or all; left out: active and held'),
    savedFrom,
    savedTo,
    user,
    limit: count(200, 10),
  });
  server.get(
    '/v1/search',
    {
      schema: {
        summary: 'Finds items by meaning and by word',
        querystring,
        response: { 200: SearchResults, 400: Problem },
      },
    },
    async ({ query }) => {
      const { q, query: words, provider = null, collection = null, state = null, limit } = query;
      const found = await searchItems(app, {
        query: q ?? words ?? '',
        user: query.user ?? null,
        provider,
        collection,
        state,
        savedFrom: query.savedFrom ?? null,
        savedTo: query.savedTo ?? null,
        limit,
      });
      return {
        mode: found.mode,
        results: found.results.map((result) => ({ ...result, matched: [...result.matched] })),
      };
    },
  );
}
