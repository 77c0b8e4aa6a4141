import { type ExportWriter, webAddress } from './export-writer.ts';

const MAX_DESCRIPTION_CHARS = 1_000;
// oxlint-disable-next-line no-control-regex
const SPACES_AND_CONTROLS = /[\s\u0000-\u001f\u007f-\u009f]+/g;

/**
 * Bookmarks as browsers, Karakeep and Linkwarden import them: a folder for each scope, whose name is the tag of its items too,
 * the saved date in seconds, the text as a description.
 *
 * https://learn.microsoft.com/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa753582(v=vs.85)
 */
export const netscapeFormat: ExportWriter = {
  head: `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
`,
  beginScope: (scope) => `    <DT><H3>${textOf(scope)}</H3>\n    <DL><p>\n`,
  endScope: '    </DL><p>\n',
  end: () => '</DL><p>\n',
  item(item) {
    const url = webAddress(item);
    if (url === null) return '';
    const { summary, content } = item;
    const { savedAt, title, itemId, scope } = summary;
    const date = savedAt === null ? '' : ` ADD_DATE="${Math.floor(savedAt / 1000)}"`;
    const described = textOf(beginningOf(content?.body ?? ''));
    const description = described === '' ? '' : `        <DD>${described}\n`;
    return `        <DT><A HREF="${textOf(url)}"${date} TAGS="${textOf(scope)}">${textOf(title ?? itemId)}</A>\n${description}`;
  },
};

/** Cut between characters: of a half one, nothing can be written. */
function beginningOf(text: string): string {
  return Array.from(text.slice(0, 2 * MAX_DESCRIPTION_CHARS))
    .slice(0, MAX_DESCRIPTION_CHARS)
    .join('');
}

/** On one line, with nothing in it that is markup. */
function textOf(text: string): string {
  return text
    .replace(SPACES_AND_CONTROLS, ' ')
    .trim()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
