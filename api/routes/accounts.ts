import { z } from 'zod';
import type { App } from '../../app/app.ts';
import { disconnect, setAccount } from '../../app/use-cases/accounts.ts';
import { listAccounts } from '../../app/use-cases/status.ts';
import { requestSync } from '../../app/use-cases/sync.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { AccountSet, Accounts, AskedSync, Disconnected, Problem, user, userName } from '../schemas.ts';

const params = z.object({ provider: z.string(), user: userName });

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
      return { accounts: [...(await listAccounts(app, query.user ?? null))] };
    },
  );
  registerChanges(server, app);
  server.post(
    '/v1/accounts/:provider/:user/syncs',
    {
      schema: {
        summary: 'Asks for a sync now',
        description:
          'It is done by whichever process runs the role producer; /v1/events tells of its run, which names commandId. The body may be left out.',
        params,
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

function registerChanges(server: ApiServer, app: App): void {
  const problems = { 400: Problem, 404: Problem };
  server.patch(
    '/v1/accounts/:provider/:user',
    {
      schema: {
        summary: 'Pauses or resumes its syncs, or changes how often they are',
        params,
        body: z.strictObject({
          paused: z.boolean().optional(),
          cadenceMs: z
            .number()
            .int()
            .nullable()
            .optional()
            .describe('between two syncs; null: as the installation has it'),
        }),
        response: { 200: AccountSet, ...problems },
      },
    },
    async ({ params: { provider, user: owner }, body: { paused, cadenceMs } }) => ({
      ...(await setAccount(app, provider, owner, {
        ...(paused === undefined ? {} : { paused }),
        ...(cadenceMs === undefined ? {} : { cadenceMs }),
      })),
    }),
  );
  server.delete(
    '/v1/accounts/:provider/:user',
    {
      schema: {
        summary: 'Forgets its tokens, and pauses it',
        description: 'With erase=true its items are purged too; that waits until a sync under way has ended.',
        params,
        querystring: z.object({ erase: z.enum(['true', 'false']).default('false') }),
        response: { 200: Disconnected, 409: Problem, ...problems },
      },
    },
    async ({ params: { provider, user: owner }, query }) => ({
      ...(await disconnect(app, provider, owner, query.erase === 'true')),
    }),
  );
}
