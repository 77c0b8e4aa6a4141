import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { type Explanation, explainItem } from '../../app/use-cases/explain.ts';
import { getItem } from '../../app/use-cases/items.ts';
import { answer, WARNING } from '../answer.ts';
import { type McpContext, nameOf } from '../context.ts';
import { Head, HistoryLine, Item, ItemName, Named } from '../shapes.ts';
import { READ_ONLY } from './annotations.ts';

/** `get` and `explain_removal`: what there is of one item. */
export function registerItemTools(server: McpServer, context: McpContext): void {
  registerGet(server, context);
  registerExplainRemoval(server, context);
}

function registerGet(server: McpServer, context: McpContext): void {
  server.registerTool(
    'get',
    {
      title: 'One item',
      description: `Shows one item with its whole text. ${WARNING}`,
      inputSchema: z.object(Named),
      outputSchema: z.object({ ...Head, ...Item }),
      annotations: READ_ONLY,
    },
    async (asked) =>
      context.served.use((app) =>
        answer(app, 'get', async (envelope) => {
          const name = await nameOf(context, app, asked);
          const item = await getItem(app, name, name.itemId);
          const { state, pinned, blocked, hidden, unavailable, savedAt, createdAt } = item;
          const { provider, user, collection, itemId } = name;
          const shown = {
            provider,
            user,
            collection,
            itemId,
            state,
            pinned,
            blocked,
            hidden,
            unavailable,
            savedAt,
            createdAt,
            title: envelope.wrap(item.title),
            url: envelope.wrap(item.url),
            author: envelope.wrap(item.author),
            body: envelope.wrap(item.body),
            extra: envelope.deep(item.extra),
          };
          const flags = (['pinned', 'blocked', 'hidden', 'unavailable'] as const).filter((flag) => shown[flag]);
          const text = [
            `${provider} ${collection} ${itemId} of ${user} is ${[state ?? 'known, but not saved', ...flags].join(', ')}.`,
            `Saved: ${savedAt ?? 'not known'}; made: ${createdAt ?? 'not known'}.`,
            `Title: ${shown.title ?? 'none'}`,
            `Author: ${shown.author ?? 'none'}`,
            `Address: ${shown.url ?? 'none'}`,
            `Text: ${shown.body ?? 'none'}`,
            `Details: ${JSON.stringify(shown.extra)}`,
          ];
          return { structured: shown, text: text.join('\n') };
        }),
      ),
  );
}

function registerExplainRemoval(server: McpServer, context: McpContext): void {
  server.registerTool(
    'explain_removal',
    {
      title: 'Why an item was removed, or was not',
      description: `Tells the history of one item: when it was seen, by which evidence it was removed or held, who decided. ${WARNING}`,
      inputSchema: z.object(Named),
      outputSchema: z.object({
        ...Head,
        ...ItemName,
        title: Item.title,
        url: Item.url,
        state: z.string().nullable(),
        summary: z.string().describe('in one sentence'),
        history: z.array(HistoryLine).describe('the oldest first'),
      }),
      annotations: READ_ONLY,
    },
    async (asked) =>
      context.served.use((app) =>
        answer(app, 'explain_removal', async (envelope) => {
          const name = await nameOf(context, app, asked);
          const explained = await explainItem(app, name, name.itemId);
          const { provider, user, collection, itemId } = name;
          const history = explained.history.map(({ at, event, reason, snapshotId, evidence, author }) => ({
            at,
            event,
            snapshotId,
            author,
            reason: envelope.wrap(reason),
            evidence: envelope.deep(evidence) as Record<string, unknown>,
          }));
          const summary = summaryOf(explained);
          const lines = history.map(
            ({ at, event, author, reason, evidence }) =>
              `- ${at ?? 'at an unknown time'}: ${event}, by ${author}: ${reason ?? ''} ${JSON.stringify(evidence)}`,
          );
          const title = envelope.wrap(explained.title);
          return {
            structured: {
              provider,
              user,
              collection,
              itemId,
              state: explained.state,
              summary,
              history,
              title,
              url: envelope.wrap(explained.url),
            },
            text: [`${provider} ${collection} ${itemId} of ${user}: ${summary}`, title ?? '', ...lines].join('\n'),
          };
        }),
      ),
  );
}

/** How the history calls what took an item out of the collection, or asked to. */
const REMOVALS = new Set(['removed', 'removal approved', 'held', 'purged']);

function summaryOf({ state, history, pinned }: Explanation): string {
  const last = history.findLast(({ event }) => REMOVALS.has(event));
  const when = last === undefined ? '' : ` (${last.event} ${last.at ?? 'at an unknown time'}, by ${last.author})`;
  switch (state) {
    case 'active':
      if (last !== undefined) return `it is in the collection again${pinned ? ', and pinned' : ''}${when}.`;
      return `it is in the collection${pinned ? ', and pinned' : ''}; it was never removed.`;
    case 'held':
      return `it is in the collection, and its removal waits for a person or for more evidence${when}.`;
    case 'trash':
      return `it was removed, and can be restored${when}.`;
    case 'purged':
      return `it was erased for good${when}.`;
    default:
      return 'it is known, but not in the collection.';
  }
}
