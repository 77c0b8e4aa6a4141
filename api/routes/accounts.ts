import { z } from 'zod';
import { readStatus } from '../../app/use-cases/status.ts';
import { requestSync } from '../../app/use-cases/sync.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Accounts, AskedSync, Problem, user, userName } from '../schemas.ts';

export function registerAccounts(server: ApiServer, { app }: ApiContext): void {
  server.get(
    '/v1/accounts',
    {
      schema: {
        summary: 'Accounts and their collections',
        querystring: z.object({ user }),
        response: { 200: Accounts },
      },
    },
    async ({ query }) => {
      const { accounts } = await readStatus(app, query.user ?? null);
      return { accounts: [...accounts] };
    },
  );
  server.post(
    '/v1/accounts/:provider/:user/syncs',
    {
      schema: {
        summary: 'Asks for a sync now',
        description:
          'It is done by whichever process runs the role producer; /v1/events tells of its run, which names commandId. The body may be left out.',
        params: z.object({ provider: z.string(), user: userName }),
        body: z
          .strictObject({ full: z.boolean().default(false).describe('the whole list, whatever the cadence says') })
          .nullish(),
        response: { 202: AskedSync, 400: Problem, 404: Problem },
      },
    },
    async ({ params, body }, reply) => {
      const full = body?.full ?? false;
      const { commandId } = await requestSync(app, { ...params, full });
      return reply.code(202).send({ ...params, commandId, full });
    },
  );
}
