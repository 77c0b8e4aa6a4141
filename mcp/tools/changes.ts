import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { App } from '../../app/app.ts';
import { type Decided as DecidedItem, decideInScope } from '../../app/use-cases/decide.ts';
import type { ItemName as Name } from '../../app/use-cases/decide-many.ts';
import { isoOf } from '../../app/use-cases/format.ts';
import { type DecisionPreview, previewDecision } from '../../app/use-cases/preview-decision.ts';
import { InputError } from '../../core/errors.ts';
import { type Scope, scopeName } from '../../core/keys.ts';
import { answer, WARNING } from '../answer.ts';
import { authorOf, type McpContext, type ProposedChange, whoseOf } from '../context.ts';
import { Decided, Head, ItemName, Preview } from '../shapes.ts';
import { READ_ONLY } from './annotations.ts';

const MAX_ITEMS = 100;

/**
 * `propose_change` and `confirm_change`: a change takes two steps, and the second one can do nothing but what the first one
 * showed.
 */
export function registerChangeTools(server: McpServer, context: McpContext): void {
  registerPropose(server, context);
  registerConfirm(server, context);
}

function registerPropose(server: McpServer, context: McpContext): void {
  const { changes } = context;
  server.registerTool(
    'propose_change',
    {
      title: 'Propose to restore or purge items',
      description: `Changes nothing: tells what restoring (out of the trash, and pinned) or purging (erasing for good) exactly these items would do, and gives a token for confirm_change. Show it to the person, and confirm only what the person agreed to. ${WARNING}`,
      inputSchema: z.object({
        operation: z.enum(['restore', 'purge']),
        items: z.array(z.object(ItemName)).min(1).max(MAX_ITEMS).describe('each by its whole, exact name'),
      }),
      outputSchema: z.object({
        ...Head,
        token: z.string().describe('good once, for this operation and these items only'),
        expiresAt: z.string().nullable(),
        operation: z.string(),
        items: z.array(Preview),
      }),
      annotations: { ...READ_ONLY, idempotentHint: false },
    },
    async ({ operation, items }) =>
      context.served.use((app) =>
        answer(app, 'propose_change', async (envelope) => {
          for (const { user } of items) whoseOf(context, user);
          const previews = await previewDecision(app, operation, distinct(items));
          if (!previews.some(({ applies }) => applies))
            throw new InputError(`there is nothing to ${operation}: ${previews[0]?.outcome ?? ''}`);
          const { token, expiresAt } = changes.offer({ operation, items: previews });
          const shown = previews.map(({ provider, user, collection, itemId, title, state, applies, outcome }) => ({
            provider,
            user,
            collection,
            itemId,
            state,
            applies,
            outcome,
            title: envelope.wrap(title),
          }));
          const lines = shown.map(
            ({ provider, user, collection, itemId, state, outcome, title }) =>
              `- ${provider} ${collection} ${itemId} of ${user} (${state ?? 'known'}): ${outcome}. ${title ?? ''}`,
          );
          const head = `To ${operation} these ${shown.length} items, call confirm_change with the token ${token} before ${isoOf(expiresAt) ?? ''}:`;
          return {
            structured: { token, expiresAt: isoOf(expiresAt), operation, items: shown },
            text: [head, ...lines].join('\n'),
          };
        }),
      ),
  );
}

function registerConfirm(server: McpServer, context: McpContext): void {
  const { changes } = context;
  server.registerTool(
    'confirm_change',
    {
      title: 'Do what was proposed',
      description:
        'Does exactly what propose_change showed under this token, which is good once. Ask the person first: a purge cannot be undone.',
      inputSchema: z.object({ token: z.string().describe('from propose_change') }),
      outputSchema: z.object({ ...Head, operation: z.string(), done: z.number().int(), items: z.array(Decided) }),
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    },
    async ({ token }) =>
      context.served.use((app) =>
        answer(app, 'confirm_change', async () => {
          const change = changes.take(token);
          if (change === null)
            throw new InputError(
              'no change waits under this token: it was confirmed, or is older than five minutes, or Hoardarr was started anew; propose the change again',
            );
          await checkUnchanged(app, change);
          const items = await decideAll(app, context, change);
          const done = items.filter((item) => item.done).length;
          const lines = items.map(
            ({ provider, collection, itemId, state, reason }) =>
              `- ${provider} ${collection} ${itemId}: ${state ?? 'known'}${reason === null ? '' : `; ${reason}`}`,
          );
          return {
            structured: { operation: change.operation, done, items },
            text: [`${done} of ${items.length} done (${change.operation}):`, ...lines].join('\n'),
          };
        }),
      ),
  );
}

function distinct(items: readonly Name[]): readonly Name[] {
  return [...new Map(items.map((item) => [`${scopeName(item)} ${item.itemId}`, item])).values()];
}

/** What the person agreed to speaks of the items as they were then. */
async function checkUnchanged(app: App, { operation, items }: ProposedChange): Promise<void> {
  const now: readonly DecisionPreview[] = await previewDecision(app, operation, items);
  const changed = now.filter(({ basis }, i) => basis !== items[i]?.basis).map(({ itemId }) => itemId);
  if (changed.length > 0)
    throw new InputError(
      `nothing was done: ${changed.slice(0, 10).join(', ')} changed since it was proposed; propose the change again`,
    );
}

async function decideAll(
  app: App,
  context: McpContext,
  { operation, items }: ProposedChange,
): Promise<readonly (Name & DecidedItem)[]> {
  const author = authorOf(context);
  const all: (Name & DecidedItem)[] = [];
  for (const scope of scopesOf(items)) {
    const itemIds = items.filter((item) => scopeName(item) === scopeName(scope)).map(({ itemId }) => itemId);
    const reason = `${operation} by ${author}, through an assistant`;
    const decided = await decideInScope(app, scope, { operation, author, reason, itemIds });
    all.push(...decided.map((item) => ({ ...scope, ...item })));
  }
  return all;
}

function scopesOf(items: readonly Name[]): readonly Scope[] {
  const scopes = items.map(({ provider, user, collection }) => ({ provider, user, collection }));
  return [...new Map(scopes.map((scope) => [scopeName(scope), scope])).values()];
}
