import { InputError } from '../../../core/errors.ts';
import { JsonStream, JsonSyntaxError } from '../../../producers/json-stream.ts';
import { type ParsedExport, readExport } from '../../../producers/tiktok/parse/read-export.ts';
import { exportOf, exportRow, exportText, ID } from '../../../testing/tiktok-exports.ts';
import { type FuzzTarget, holds, pick, readOrRefuse } from '../target.ts';
import { ScratchFolder } from './scratch-file.ts';

const NOW = Date.UTC(2027, 0, 1);

const idsOf = ({ favorites }: ParsedExport): ReadonlySet<string> => new Set(favorites.savedAt.keys());

/** Nothing could be concluded from absence: rows were skipped, or are not known yet. */
const provesNothing = ({ favorites }: ParsedExport): boolean =>
  favorites.skippedRows > 0 || favorites.shortLinks.length > 0;

/** A beginning of an export is refused, or says what the whole one says; of a text, as far as it goes. */
async function mustNotShrink(
  whole: ParsedExport,
  input: Uint8Array,
  read: (bytes: Uint8Array) => Promise<ParsedExport | null>,
): Promise<void> {
  for (let salt = 0; salt < 3; salt++) {
    const cut = input.subarray(0, pick(input, input.length, salt));
    const part = await read(cut);
    if (part === null || provesNothing(part)) continue;
    const [all, some] = [idsOf(whole), idsOf(part)];
    if (whole.fileKind === 'json')
      holds(
        part.fileKind !== 'json' || some.size === all.size,
        `${cut.length} of ${input.length} bytes are a whole list`,
      );
    for (const id of some) holds(all.has(id), `an id that was cut off is believed: ${id}`);
  }
}

/** What the stream takes for JSON has to be JSON, whatever pieces it came in. */
function mustBeJson(input: Uint8Array): void {
  const tellsOf = (pieceLength: number): string | null => {
    const told: unknown[] = [];
    const stream = new JsonStream({
      open: (kind, key, depth) => void told.push([kind, key, depth]),
      close: (depth) => void told.push(depth),
      scalar: (value, key, depth) => void told.push([value, key, depth]),
    });
    try {
      for (let at = 0; at < input.length; at += pieceLength) stream.write(input.subarray(at, at + pieceLength));
      stream.end();
    } catch (error) {
      if (error instanceof JsonSyntaxError) return null;
      throw error;
    }
    return JSON.stringify(told);
  };
  const told = tellsOf(Math.max(1, input.length));
  holds(tellsOf(1 + pick(input, 7)) === told, 'it depends on the pieces in which a text comes whether it is JSON');
  if (told === null) return;
  // Byte order marks between values are let pass, as blanks are: nothing is lost by that.
  holds(isJson(new TextDecoder().decode(input).replaceAll('\ufeff', '')), 'a text is taken for JSON that is none');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const rows = ID.map((id) => exportRow(id));

export const tiktokExport: FuzzTarget = {
  about: "TikTok's export as a file: JSON or TXT",
  seeds: [
    JSON.stringify(exportOf(rows)),
    JSON.stringify(exportOf([])),
    JSON.stringify(exportOf({}), null, 1),
    JSON.stringify({
      Activity: { 'Favorite Videos': { FavoriteVideoList: rows, x: [{ Date: '2026-01-01 00:00:00' }] } },
    }),
    JSON.stringify({ a: { FavoriteVideoList: [{ date: null, VideoLink: 'https://vm.tiktok.com/ZMabc/' }, 1, []] } }),
    exportText(ID),
    exportText(ID).replaceAll('\n', '\r\n'),
    Buffer.from(`\ufeff${exportText(ID)}`, 'utf16le'),
    Buffer.from(`\ufeff${JSON.stringify(exportOf(rows))}`),
  ],
  words: [
    '"Favorite Videos":',
    '"FavoriteVideoList":',
    '"ItemFavoriteList":',
    '"Date":"2025-04-17 16:36:43"',
    '"Link":"https://www.tiktok.com/@a/video/7612738946044398861"',
    'https://vt.tiktok.com/ZSabcdef/',
    'https://m.tiktok.com/v/7251387037834595630.html',
    'Date: 2025-05-21 08:59:11 UTC\n',
    'Link: ',
    'Video Link: ',
    'Sound Link: https://x.y/',
    '\\u0000',
    '\u2028',
    '[[[[[[[[',
    '\ufeff',
  ],
  open: async () => {
    const folder = new ScratchFolder();
    const read = (bytes: Uint8Array): Promise<ParsedExport | null> =>
      readOrRefuse(() => readExport(folder.write('Favorite Videos.txt', bytes), { now: NOW }), [InputError]);
    return {
      run: async (input) => {
        mustBeJson(input);
        const whole = await read(input);
        if (whole !== null && !provesNothing(whole)) await mustNotShrink(whole, input, read);
      },
      close: async () => folder.remove(),
    };
  },
};
