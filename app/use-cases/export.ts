import { scopeName } from '../../core/keys.ts';
import type { App } from '../app.ts';
import { isoOf, objectOf } from './format.ts';
import { toItemView } from './items.ts';
import { findScopes } from './scopes.ts';

export type ExportFormat = 'jsonl' | 'netscape';

const PAGE_ITEMS = 500;

/** Everything active of the chosen scopes, as lines of text; each ends with a line feed. */
export async function* exportItems(
  app: App,
  format: ExportFormat,
  choice: { readonly user?: string | null; readonly provider?: string | null } = {},
): AsyncGenerator<string> {
  if (format === 'netscape') yield NETSCAPE_HEAD;
  for (const scope of await findScopes(app.store, choice)) {
    const name = scopeName(scope);
    for (let after: string | null = null; ; ) {
      const page = await app.store.list({ scopes: [name], states: ['active'] }, PAGE_ITEMS, after);
      for (const item of page.items) {
        const content = (await app.store.item(name, item.itemId))?.content ?? null;
        const view = toItemView(item);
        if (format === 'netscape') yield netscapeLine(view.url, view.title ?? view.itemId, item.savedAt, name);
        else
          yield `${JSON.stringify({ ...view, body: content?.body ?? null, createdAt: isoOf(content?.createdAt ?? null), extra: objectOf(content?.extra ?? '{}') })}\n`;
      }
      if (page.next === null) break;
      after = page.next;
    }
  }
  if (format === 'netscape') yield '</DL><p>\n';
}

/** https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa753582(v=vs.85) */
const NETSCAPE_HEAD = `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
`;

function netscapeLine(url: string | null, title: string, savedAt: number | null, scope: string): string {
  const date = savedAt === null ? '' : ` ADD_DATE="${Math.floor(savedAt / 1000)}"`;
  const oneLine = title.replace(/\s+/g, ' ');
  return `    <DT><A HREF="${escapeHtml(url ?? '')}"${date} TAGS="${escapeHtml(scope)}">${escapeHtml(oneLine)}</A>\n`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
