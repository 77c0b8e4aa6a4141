import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type SearchResultView, searchItems } from '../../app/use-cases/search.ts';
import { similarItems } from '../../app/use-cases/similar.ts';
import { answer, WARNING } from '../answer.ts';
import { type McpContext, nameOf, whoseOf } from '../context.ts';
import type { Envelope } from '../envelope.ts';
import { collection, Head, limit, Named, provider, Result, user } from '../shapes.ts';
import { READ_ONLY } from './annotations.ts';

const MAX_RESULTS = 50;

/** `search` and `similar`: what the collection has of a subject. */
export function registerSearchTools(server: McpServer, context: McpContext): void {
  server.registerTool(
    'search',
    {
      title: 'Search what was saved',
      description: `Finds items by meaning and by word, the best first. ${WARNING}`,
      inputSchema: z.object({
        query: z.string().describe('what is looked for, in plain words'),
        provider: provider.optional(),
        collection: collection.optional(),
        user,
        limit: limit(MAX_RESULTS, 10),
      }),
      outputSchema: z.object({
        ...Head,
        mode: z.enum(['hybrid', 'text']).describe('text: by words alone, since the query could not be embedded'),
        results: z.array(Result),
      }),
      annotations: READ_ONLY,
    },
    async (asked) =>
      context.served.use((app) =>
        answer(app, 'search', async (envelope) => {
          const { query, provider: only = null, collection: within = null } = asked;
          const found = await searchItems(app, {
            query,
            user: whoseOf(context, asked.user),
            provider: only,
            collection: within,
            limit: asked.limit,
          });
          const results = found.results.map((result) => marked(result, envelope));
          return { structured: { mode: found.mode, results }, text: listOf(results, 'Nothing was found.') };
        }),
      ),
  );
  server.registerTool(
    'similar',
    {
      title: 'What is like an item',
      description: `Finds what is most like one item, in every collection of its user, the nearest first. ${WARNING}`,
      inputSchema: z.object({ ...Named, limit: limit(MAX_RESULTS, 10) }),
      outputSchema: z.object({
        ...Head,
        by: z.enum(['meaning', 'words']).describe('words: the item has no vector, so others share words with it'),
        results: z.array(Result),
      }),
      annotations: READ_ONLY,
    },
    async (asked) =>
      context.served.use((app) =>
        answer(app, 'similar', async (envelope) => {
          const found = await similarItems(app, { ...(await nameOf(context, app, asked)), limit: asked.limit });
          const results = found.results.map((result) => marked(result, envelope));
          return { structured: { by: found.by, results }, text: listOf(results, 'Nothing is like it.') };
        }),
      ),
  );
}

type Marked = z.output<typeof Result>;

function marked(result: SearchResultView, envelope: Envelope): Marked {
  const { provider: of, user: whose, collection: within, itemId, state, savedAt, score } = result;
  return {
    provider: of,
    user: whose,
    collection: within,
    itemId,
    state,
    savedAt,
    score,
    title: envelope.wrap(result.title),
    url: envelope.wrap(result.url),
    author: envelope.wrap(result.author),
    snippet: envelope.wrap(result.snippet),
  };
}

function listOf(results: readonly Marked[], nothing: string): string {
  if (results.length === 0) return nothing;
  return results
    .map((result, i) => {
      const { provider: of, user: whose, collection: within, itemId, state, savedAt } = result;
      const name = `${of} ${within} ${itemId} (${whose}; ${state ?? 'known'}${savedAt === null ? '' : `; saved ${savedAt}`})`;
      const lines = [result.title, result.author, result.url, result.snippet].filter((line) => line !== null);
      return [`${i + 1}. ${name}`, ...lines.map((line) => `   ${line}`)].join('\n');
    })
    .join('\n\n');
}
