import { scopeName } from '../../core/keys.ts';
import type { App } from '../app.ts';
import { karakeepFormat } from './export-karakeep.ts';
import { netscapeFormat } from './export-netscape.ts';
import type { ExportedItem, ExportWriter } from './export-writer.ts';
import { isoOf, objectOf } from './format.ts';
import { toItemView } from './items.ts';
import { findScopes } from './scopes.ts';

export const EXPORT_FORMATS = ['jsonl', 'netscape', 'karakeep'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportChoice {
  readonly user?: string | null;
  readonly provider?: string | null;
  readonly collection?: string | null;
}

const PAGE_ITEMS = 500;

/** Everything active of the chosen scopes, as pieces of text, in bounded memory. An empty piece never comes. */
export async function* exportItems(app: App, format: ExportFormat, choice: ExportChoice = {}): AsyncGenerator<string> {
  const writer = writerOf(format, app.clock.now());
  if (writer.head !== '') yield writer.head;
  for (const scope of await findScopes(app.store, choice)) {
    const name = scopeName(scope);
    const begin = writer.beginScope(name);
    if (begin !== '') yield begin;
    for await (const item of activeItems(app, name)) {
      const piece = writer.item(item);
      if (piece !== '') yield piece;
    }
    if (writer.endScope !== '') yield writer.endScope;
  }
  const end = writer.end();
  if (end !== '') yield end;
}

async function* activeItems(app: App, scope: string): AsyncGenerator<ExportedItem> {
  for (let after: string | null = null; ; ) {
    const page = await app.store.list({ scopes: [scope], states: ['active'] }, PAGE_ITEMS, after);
    for (const summary of page.items) {
      const found = await app.store.item(scope, summary.itemId);
      // The page may have been read long ago, as where whoever reads is slow: what has gone since is not shown any more.
      if (found?.row.state !== 'active' || found.row.hidden) continue;
      yield { summary, content: found.content };
    }
    if (page.next === null) return;
    after = page.next;
  }
}

function writerOf(format: ExportFormat, now: number): ExportWriter {
  if (format === 'karakeep') return karakeepFormat(now);
  return format === 'netscape' ? netscapeFormat : JSON_LINES;
}

/** Everything that there is of an item, an object a line. */
const JSON_LINES: ExportWriter = {
  head: '',
  beginScope: () => '',
  endScope: '',
  end: () => '',
  item({ summary, content }) {
    const body = content?.body ?? null;
    const createdAt = isoOf(content?.createdAt ?? null);
    return `${JSON.stringify({ ...toItemView(summary), body, createdAt, extra: objectOf(content?.extra ?? '{}') })}\n`;
  },
};
