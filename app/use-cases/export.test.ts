import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { commit, content, item, OTHER_SCOPE, SCOPE, scopeRow } from '../../testing/contracts/item-store-samples.ts';
import { openMemoryApp } from '../../testing/topology/memory-app.ts';
import type { App } from '../app.ts';
import { type ExportFormat, exportItems } from './export.ts';

const SAVED = Date.UTC(2025, 5, 1, 12, 0, 0, 999);
const HOSTILE = '</A></DL><H3>"x" ADD_DATE="1" &amp; <script>alert(1)</script>\n\u0000\u001b[31m’s';
const HOSTILE_SHOWN = '</A></DL><H3>"x" ADD_DATE="1" &amp; <script>alert(1)</script> [31m’s';

interface Bookmark {
  readonly title: string;
  readonly url: string;
  readonly tags: readonly string[];
  readonly addDate: number | undefined;
  readonly folders: readonly string[];
  description: string;
}

/**
 * Reads bookmarks as an HTML parser sees the file: tags, attributes in quotes, texts with their entities; a DL within the DT of
 * an H3 is a folder.
 */
function readBookmarks(html: string): readonly Bookmark[] {
  const bookmarks: Bookmark[] = [];
  const folders: string[] = [];
  let open: 'a' | 'h3' | 'dd' | null = null;
  let attributes = new Map<string, string>();
  let text = '';
  for (const [whole, tag, rest = '', between] of html.matchAll(/<(\/?[A-Za-z0-9!]+)((?:"[^"]*"|[^">])*)>|([^<]+)/g)) {
    if (between !== undefined) text += between;
    else if (tag === 'A' || tag === 'H3') {
      open = tag === 'A' ? 'a' : 'h3';
      attributes = new Map(
        [...rest.matchAll(/([A-Z_]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decode(value)]),
      );
      text = '';
    } else if (tag === '/H3') folders.push(decode(text));
    else if (tag === '/A') {
      const date = attributes.get('ADD_DATE');
      bookmarks.push({
        title: decode(text),
        url: attributes.get('HREF') ?? '',
        tags: attributes.get('TAGS')?.split(',') ?? [],
        addDate: date === undefined ? undefined : Number.parseInt(date, 10),
        folders: [...folders],
        description: '',
      });
      text = '';
    } else if (tag === '/DL') folders.pop();
    else if (!['DD', 'DT', 'DL', 'p', '!DOCTYPE', 'META', 'TITLE', '/TITLE', 'H1', '/H1'].includes(tag ?? ''))
      throw new Error(`markup that we did not write: ${whole}`);
    const last = bookmarks.at(-1);
    if (tag === 'DD') [open, text] = ['dd', ''];
    else if (open === 'dd' && between !== undefined && last !== undefined) last.description = decode(text).trim();
    if (tag === 'DT') open = null;
  }
  return bookmarks;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
const decode = (html: string): string => html.replace(/&([a-z]+);/g, (_all, name: string) => ENTITIES[name] ?? '?');

/**
 * What Karakeep reads of a file of bookmarks: the first line, folders as lists, title, address, ADD_DATE in seconds, TAGS with
 * commas between; no descriptions. Restated from `parseNetscapeBookmarkFile` in packages/shared/import-export/parsers.ts of
 * https://github.com/karakeep-app/karakeep
 */
function asKarakeepReads(html: string): readonly object[] {
  if (!html.startsWith('<!DOCTYPE NETSCAPE-Bookmark-file-1>'))
    throw new Error('Karakeep takes it for no bookmark file');
  return readBookmarks(html).map(({ title, url, tags, addDate, folders }) => ({ title, url, tags, addDate, folders }));
}

/**
 * What Linkwarden keeps of a file of bookmarks: folders as collections, an address that is one, at most 254 characters of title
 * and description, 49 of a tag. Restated from apps/web/lib/api/controllers/migration/importFromHTMLFile.ts of
 * https://github.com/linkwarden/linkwarden
 */
function asLinkwardenReads(html: string): readonly object[] {
  return readBookmarks(html)
    .filter(({ url }) => URL.canParse(url.trim().slice(0, 2_047)))
    .map(({ title, url, tags, addDate, folders, description }) => ({
      name: title.trim().slice(0, 254),
      url: url.trim(),
      tags: tags.map((tag) => tag.trim().slice(0, 49)),
      importDate: addDate === undefined ? undefined : new Date(addDate * 1000).toISOString(),
      collection: folders.at(-1) ?? 'Imports',
      description: description.slice(0, 254),
    }));
}

/**
 * What Karakeep takes as its own JSON. Restated from `zExportSchema` in packages/shared/import-export/exporters.ts of
 * https://github.com/karakeep-app/karakeep
 */
const KarakeepFile = z.object({
  bookmarks: z.array(
    z.object({
      createdAt: z.number(),
      title: z.string().nullable(),
      tags: z.array(z.string()),
      lists: z.array(z.string()),
      content: z.object({ type: z.literal('link'), url: z.string() }),
      note: z.string().nullable(),
      archived: z.boolean(),
    }),
  ),
  lists: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      description: z.string().nullable(),
      icon: z.string(),
      type: z.enum(['manual', 'smart']),
      query: z.string().nullable(),
      parentId: z.string().nullable(),
    }),
  ),
});

describe('what is exported', () => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openMemoryApp({ seed: 1 }));
    const saved = { savedAt: SAVED };
    await commit(app.store, {
      scopes: [scopeRow(), { ...scopeRow(), scope: OTHER_SCOPE }],
      items: [
        item('1', saved, {
          content: content(HOSTILE, {
            url: 'https://example.org/?a=1&b="2"<3>',
            author: 'somebody',
            body: `  the text ${HOSTILE}`,
            ...saved,
          }),
        }),
        item('2', { savedAt: SAVED - 1 }, { content: content('runs', { url: 'javascript:alert(1)' }) }),
        item('3', { state: 'trash' }),
        { ...item('t3_1', {}, { content: content('no date', { createdAt: 86_400_000 }) }), scope: OTHER_SCOPE },
      ],
    });
  });
  afterAll(() => app.close());

  const written = async (format: ExportFormat, of: App = app): Promise<string> => {
    let file = '';
    for await (const piece of exportItems(of, format)) file += piece;
    return file;
  };

  it('is read by Karakeep from bookmarks: title, folder, tag and date', async () => {
    expect(asKarakeepReads(await written('netscape'))).toEqual([
      {
        title: 'no date',
        url: 'https://www.example.org/no%20date',
        tags: [OTHER_SCOPE],
        addDate: undefined,
        folders: [OTHER_SCOPE],
      },
      {
        title: HOSTILE_SHOWN,
        url: 'https://example.org/?a=1&b="2"<3>',
        tags: [SCOPE],
        addDate: Math.floor(SAVED / 1000),
        folders: [SCOPE],
      },
    ]);
  });

  it('is read by Linkwarden from bookmarks, with a description', async () => {
    expect(asLinkwardenReads(await written('netscape'))).toMatchObject([
      { name: 'no date', collection: OTHER_SCOPE, importDate: undefined, description: '' },
      {
        name: HOSTILE_SHOWN,
        collection: SCOPE,
        tags: [SCOPE],
        importDate: '2025-06-01T12:00:00.000Z',
        description: `the text ${HOSTILE_SHOWN}`,
      },
    ]);
  });

  it('is read by Karakeep from its own JSON, with the text', async () => {
    const { bookmarks, lists } = KarakeepFile.parse(JSON.parse(await written('karakeep')));
    expect(bookmarks).toEqual([
      expect.objectContaining({ title: 'no date', createdAt: 86_400, note: null, lists: [OTHER_SCOPE] }),
      {
        createdAt: Math.floor(SAVED / 1000),
        title: HOSTILE,
        tags: [SCOPE],
        lists: [SCOPE],
        content: { type: 'link', url: 'https://example.org/?a=1&b="2"<3>' },
        note: `by somebody\n\n  the text ${HOSTILE}`,
        archived: false,
      },
    ]);
    expect(lists.map(({ id }) => id)).toEqual([OTHER_SCOPE, SCOPE]);
  });

  it('has all that is active as JSON Lines, whatever its address', async () => {
    const lines = (await written('jsonl')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { itemId: 't3_1', provider: 'reddit' },
      { itemId: '1', title: HOSTILE, savedAt: new Date(SAVED).toISOString() },
      { itemId: '2', url: 'javascript:alert(1)' },
    ]);
  });

  it.each([
    ['was purged', { state: 'purged' }],
    ['was removed', { state: 'trash' }],
    ['was hidden', { hidden: true }],
  ] as const)('leaves out what %s after its page was read', async (_, gone) => {
    const { app: other } = await openMemoryApp({ seed: 3 });
    const items = [item('1', { savedAt: SAVED }), item('2', { savedAt: SAVED - 1 }), item('3', { savedAt: SAVED - 2 })];
    await commit(other.store, { scopes: [scopeRow()], items });
    const lines: string[] = [];
    for await (const line of exportItems(other, 'jsonl')) {
      lines.push(line);
      // Purged as the sink does: nothing is left but the row.
      if (lines.length === 1) await commit(other.store, { items: [item('2', gone, { content: null })] });
    }
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ itemId: '1' }, { itemId: '3' }]);
    await other.close();
  });

  it('cuts a long text between characters', async () => {
    const { app: other } = await openMemoryApp({ seed: 4 });
    const long = content('long', { body: `${'a'.repeat(999)}\u{1f642}${'b'.repeat(9)}` });
    await commit(other.store, { scopes: [scopeRow()], items: [item('1', {}, { content: long })] });
    const [bookmark] = readBookmarks(await written('netscape', other));
    expect(bookmark?.description).toBe(`${'a'.repeat(999)}\u{1f642}`);
    await other.close();
  });

  it('is a whole file where there is nothing', async () => {
    const { app: empty } = await openMemoryApp({ seed: 2 });
    expect(KarakeepFile.parse(JSON.parse(await written('karakeep', empty)))).toEqual({ bookmarks: [], lists: [] });
    expect(asKarakeepReads(await written('netscape', empty))).toEqual([]);
    expect(await written('jsonl', empty)).toBe('');
    await empty.close();
  });
});
