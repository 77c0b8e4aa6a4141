import { z } from 'zod';
import { decideInScope } from '../../app/use-cases/decide.ts';
import { decideMany } from '../../app/use-cases/decide-many.ts';
import { resolveItemScope } from '../../app/use-cases/scopes.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { sendDecided } from '../problem.ts';
import { Decided, ItemName, NotDecided, Problem, userName } from '../schemas.ts';

const MOST_ITEMS = 1_000;
/** Of a thousand items whose names are as long as they may be. */
const BODY_LIMIT_BYTES = 1_000_000;

const Decisions = z.strictObject({
  operation: z.enum(['restore', 'purge', 'unpin', 'allow', 'approve', 'reject']),
  holdId: z
    .string()
    .max(200)
    .optional()
    .describe(
      'approve, reject: the id of the held group that was looked at; what another one holds by now is left as it is',
    ),
  state: z
    .enum(['active', 'held', 'trash', 'purged'])
    .optional()
    .describe('the state in which all of them were shown; what is in another one by now is left as it is'),
  items: z.array(ItemName).min(1).max(MOST_ITEMS),
});

/** What a person decides, about many items at once, or about one beyond restoring and purging it. */
export function registerDecisions(server: ApiServer, { app }: ApiContext): void {
  server.post(
    '/v1/decisions',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        summary: 'Decides about many items at once',
        description:
          'restore: out of the trash, and pinned; purge: erased and blocked; unpin: the source rules again; allow: lifts the block; approve, reject: removes, or keeps and pins, what is held. It is answered when the decisions are in force.',
        body: Decisions,
        response: {
          200: z.object({
            done: z.number().describe('how many are in force'),
            items: z.array(z.object({ ...ItemName.shape, ...Decided.shape })),
          }),
          400: Problem,
        },
      },
    },
    async ({ body }) => {
      const items = await decideMany(app, body);
      return { done: items.filter(({ done }) => done).length, items: [...items] };
    },
  );
  for (const operation of ['unpin', 'allow'] as const) {
    server.post(
      `/v1/items/:provider/:collection/:id/${operation}`,
      {
        schema: {
          summary: operation === 'unpin' ? 'Lets its source rule again' : 'Lets it be taken in again after a purge',
          params: z.object({ provider: z.string(), collection: z.string(), id: z.string() }),
          querystring: z.object({ user: userName.optional() }),
          response: { 200: Decided, 409: NotDecided, 400: Problem, 404: Problem },
        },
      },
      async (request, reply) => {
        const { provider, collection, id } = request.params;
        const { user } = request.query;
        const scope = await resolveItemScope(app.store, { provider, collection, user: user ?? null }, id);
        const asked = { operation, author: user ?? scope.user, itemIds: [id] };
        const [decided] = await decideInScope(app, scope, asked);
        if (decided === undefined) throw new Error('a decision about one item has one outcome');
        await sendDecided(reply, decided, request);
      },
    );
  }
}
