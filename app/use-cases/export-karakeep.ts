import type { ItemContent } from '../../core/ports/item-store.ts';
import { type ExportWriter, webAddress } from './export-writer.ts';

/**
 * The JSON that Karakeep exports and imports. Unlike bookmarks, it keeps the author and the text, as a note. Where the saved
 * date is not known, the date of the content stands in for it, else `now` (ms), since the format wants one.
 *
 * https://docs.karakeep.app/import and packages/shared/import-export/exporters.ts of https://github.com/karakeep-app/karakeep
 */
export function karakeepFormat(now: number): ExportWriter {
  const scopes: string[] = [];
  let isFirst = true;
  return {
    head: '{"bookmarks":[',
    beginScope(scope) {
      scopes.push(scope);
      return '';
    },
    item(item) {
      const url = webAddress(item);
      if (url === null) return '';
      const { summary, content } = item;
      const bookmark = {
        createdAt: Math.floor((summary.savedAt ?? content?.createdAt ?? now) / 1000),
        title: summary.title,
        tags: [summary.scope],
        lists: [summary.scope],
        content: { type: 'link', url },
        note: noteOf(content),
        archived: false,
      };
      const separator = isFirst ? '\n' : ',\n';
      isFirst = false;
      return `${separator}${JSON.stringify(bookmark)}`;
    },
    endScope: '',
    end: () => `\n],"lists":${JSON.stringify(scopes.map(listOf))}}\n`,
  };
}

function noteOf(content: ItemContent | null): string | null {
  const lines = [content?.author === null || content === null ? null : `by ${content.author}`, content?.body ?? null];
  const said = lines.filter((line) => line !== null && line !== '');
  return said.length === 0 ? null : said.join('\n\n');
}

function listOf(scope: string): Readonly<Record<string, string | null>> {
  return { id: scope, name: scope, description: null, icon: '🗂️', type: 'manual', query: null, parentId: null };
}
