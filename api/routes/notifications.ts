import { z } from 'zod';
import { listTargets, setTargets, testTargets } from '../../app/use-cases/notifications.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem } from '../schemas.ts';

const Targets = z.object({
  targets: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['webhook', 'ntfy', 'apprise']).nullable().describe('null: the address cannot be read any more'),
      shown: z.string().describe('kind and host; the rest of an address is a secret'),
    }),
  ),
  fromEnvironment: z.boolean().describe('HOARDARR_NOTIFY_URL says it, and goes before what is set here'),
});
const address = z.string().min(1).max(2_000);

/** Who is told of what waits for a person. */
export function registerNotifications(server: ApiServer, { app }: ApiContext): void {
  server.get(
    '/v1/notifications',
    { schema: { summary: 'Who is told of what waits for a person', response: { 200: Targets } } },
    async () => copyOf(await listTargets(app)),
  );
  server.put(
    '/v1/notifications',
    {
      schema: {
        summary: 'Sets who is told: all of them',
        body: z.object({ urls: z.array(address.describe('an address, or the id of one that stays')).max(20) }),
        response: { 200: Targets, 400: Problem },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async (request) => copyOf(await setTargets(app, request.body.urls)),
  );
  server.post(
    '/v1/notifications/test',
    {
      schema: {
        summary: 'Sends a test to everybody who is told, or to one',
        body: z.object({ url: address.optional().describe('an address, or the id of a target') }).nullish(),
        response: { 200: z.object({ ok: z.boolean(), detail: z.string() }), 400: Problem },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async (request) => await testTargets(app, request.body?.url),
  );
}

function copyOf({ targets, fromEnvironment }: Awaited<ReturnType<typeof listTargets>>): z.output<typeof Targets> {
  return { targets: [...targets], fromEnvironment };
}
