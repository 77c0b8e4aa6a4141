import { z } from 'zod';
import { readStatus } from '../../app/use-cases/status.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Accounts, user } from '../schemas.ts';

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
}
