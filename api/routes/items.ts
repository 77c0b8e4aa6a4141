import { z } from 'zod';
import { type Decided as DecidedItem, decideInScope } from '../../app/use-cases/decide.ts';
import { explainItem } from '../../app/use-cases/explain.ts';
import { getItem, listItems } from '../../app/use-cases/items.ts';
import { DEFAULT_USER, resolveItemScope } from '../../app/use-cases/scopes.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { sendDecided } from '../problem.ts';
import {
  count,
  Decided,
  Explanation,
  ItemDetail,
  ItemPage,
  NotDecided,
  Problem,
  savedFrom,
  savedTo,
  user,
  userName,
} from '../schemas.ts';

const ITEM = '/v1/items/:provider/:collection/:id';
const params = z.object({ provider: z.string(), collection: z.string(), id: z.string() });
const whose = z.object({ user: userName.optional().describe('whose; may be left out where one user has it') });
const problems = { 400: Problem, 404: Problem };

export function registerItems(server: ApiServer, { app }: ApiContext): void {
  const page = z.object({
    provider: z.string().optional(),
    collection: z.string().optional(),
    state: z.string().optional(),
    savedFrom,
    savedTo,
    after: z.string().optional().describe('the `next` of the page before'),
    offset: z.coerce.number().int().min(0).optional().describe('or how many items come before the page'),
    user,
    limit: count(1_000, 50),
    explain: z
      .enum(['true', 'false'])
      .default('false')
      .describe('also tells why each item of the trash was removed, as explain does of one'),
  });
  server.get(
    '/v1/items',
    {
      schema: {
        summary: 'Lists items, newest saved first',
        querystring: page,
        response: { 200: ItemPage, 400: Problem },
      },
    },
    async ({ query }) => {
      const { provider = null, collection = null, state = null, after = null, offset = null, limit } = query;
      const { savedFrom: from = null, savedTo: to = null } = query;
      const asked = { user: query.user ?? null, provider, collection, state, savedFrom: from, savedTo: to };
      const found = await listItems(app, { ...asked, limit, after, offset, explain: query.explain === 'true' });
      return { ...found, items: [...found.items] };
    },
  );
  const scopeOf = (
    { provider, collection, id }: z.output<typeof params>,
    name: string | undefined,
  ): ReturnType<typeof resolveItemScope> =>
    resolveItemScope(app.store, { provider, collection, user: name ?? null }, id);
  server.get(
    ITEM,
    { schema: { summary: 'One item', params, querystring: whose, response: { 200: ItemDetail, ...problems } } },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async (request) => getItem(app, await scopeOf(request.params, request.query.user), request.params.id),
  );
  server.get(
    `${ITEM}/explain`,
    {
      schema: {
        summary: 'What happened to it, and why',
        params,
        querystring: whose,
        response: { 200: Explanation, ...problems },
      },
    },
    async (request) => {
      const explained = await explainItem(app, await scopeOf(request.params, request.query.user), request.params.id);
      return { ...explained, history: [...explained.history] };
    },
  );
  const decideOne = async (
    operation: 'restore' | 'purge',
    asked: z.output<typeof params>,
    name: string | undefined,
  ): Promise<DecidedItem> => {
    const scope = await scopeOf(asked, name);
    const [decided] = await decideInScope(app, scope, {
      operation,
      author: name ?? scope.user ?? DEFAULT_USER,
      itemIds: [asked.id],
    });
    if (decided === undefined) throw new Error('a decision about one item has one outcome');
    return decided;
  };
  const done = { 200: Decided, 409: NotDecided, ...problems };
  server.post(
    `${ITEM}/restore`,
    { schema: { summary: 'Out of the trash, and pinned', params, querystring: whose, response: done } },
    async (request, reply) => {
      const decided = await decideOne('restore', request.params, request.query.user);
      await sendDecided(reply, decided, request);
    },
  );
  server.delete(
    ITEM,
    { schema: { summary: 'Erased and blocked', params, querystring: whose, response: done } },
    async (request, reply) => {
      const decided = await decideOne('purge', request.params, request.query.user);
      await sendDecided(reply, decided, request);
    },
  );
}
