import { z } from 'zod';
import { readOverview } from '../../app/use-cases/overview.ts';
import type { ApiContext, ApiServer } from '../context.ts';

const counts = { active: z.number(), trash: z.number(), held: z.number() };
const Overview = z.object({
  version: z.string(),
  embedder: z.object({
    name: z.string(),
    model: z.string().nullable(),
    dimensions: z.number().nullable(),
    coverage: z.number().nullable().describe('share of the items with text that have a vector'),
    isRemote: z.boolean().describe('texts are sent to another machine to be embedded'),
    hasModels: z.boolean().describe('a rebuild can choose another model'),
    configuredModel: z.string().nullable().describe('null: none, and the one of the latest rebuild counts'),
  }),
  outbound: z
    .array(z.object({ host: z.string(), why: z.string() }))
    .describe('every host that the configuration lets this installation talk to'),
  eventLog: z.enum(['embedded', 'kafka']),
  store: z.enum(['sqlite', 'couchbase']),
  trashDays: z.number().describe('how long what was removed is kept in the trash'),
  totals: z.object(counts),
  collections: z.array(z.object({ provider: z.string(), user: z.string(), collection: z.string(), ...counts })),
  isEmpty: z.boolean().describe('nothing was ever taken in, and no account is connected'),
  hasSample: z.boolean(),
  samples: z.boolean().describe('the sample can be imported here'),
  connecting: z
    .array(
      z.object({
        provider: z.string(),
        way: z.enum(['token', 'code', 'browser', 'public']),
        missing: z.array(z.string()).describe('what has to be configured before it can work; empty: it can'),
      }),
    )
    .describe('ways to connect an account'),
});

export function registerOverview(server: ApiServer, { app }: ApiContext): void {
  server.get(
    '/v1/overview',
    { schema: { summary: 'What is here, how much of it, and what leaves the machine', response: { 200: Overview } } },
    async () => {
      const overview = await readOverview(app);
      return {
        ...overview,
        outbound: [...overview.outbound],
        collections: [...overview.collections],
        connecting: overview.connecting.map((each) => ({ ...each, missing: [...each.missing] })),
      };
    },
  );
}
