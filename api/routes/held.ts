import { z } from 'zod';
import { decideHeld, listHeld } from '../../app/use-cases/held.ts';
import { DEFAULT_USER } from '../../app/use-cases/scopes.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Decided, HeldGroups, Problem, user } from '../schemas.ts';

export function registerHeld(server: ApiServer, { app }: ApiContext): void {
  server.get(
    '/v1/held',
    { schema: { summary: 'Removals that wait', querystring: z.object({ user }), response: { 200: HeldGroups } } },
    async ({ query }) => {
      const groups = await listHeld(app, query.user ?? null);
      return { held: groups.map((group) => ({ ...group, items: [...group.items] })) };
    },
  );
  const params = z.object({ id: z.string() });
  const response = {
    200: z.object({ id: z.string(), scope: z.string(), done: z.number(), items: z.array(Decided) }),
    400: Problem,
    404: Problem,
  };
  for (const operation of ['approve', 'reject'] as const) {
    const summary = operation === 'approve' ? 'Removes what is held' : 'Keeps and pins what is held';
    server.post(
      `/v1/held/:id/${operation}`,
      { schema: { summary, params, querystring: z.object({ user }), response } },
      async (request) => {
        const decided = await decideHeld(app, request.params.id, operation, request.query.user ?? DEFAULT_USER, {
          user: request.query.user ?? null,
        });
        return {
          id: decided.id,
          scope: decided.scope,
          done: decided.items.filter((item) => item.done).length,
          items: [...decided.items],
        };
      },
    );
  }
}
