import { InputError } from '../../../core/errors.ts';
import type { Favorites } from './favorites.ts';
import type { NewestDate } from './newest-date.ts';

const MAX_LABEL = 40;
const OTHER_LINK = /sound|hashtag|effect/i;
const MAX_LINE = 100_000;

/**
 * Reads a TXT export as it streams by: a `Date:` line, a `Link:` or `Video Link:` line, a blank one, again and again. The
 * text says nothing of what it lists, so that only its name tells favourites from likes. Blank lines alone are an empty list.
 *
 * Rejects with InputError when it ends in the middle of a row, or is no such text.
 */
export async function readTextExport(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  favorites: Favorites,
  newest: NewestDate,
): Promise<void> {
  const reader = new RowReader(name, favorites, newest);
  let whole = true;
  for await (const line of linesOf(name, bytes)) {
    whole = line.ended;
    reader.line(line.text, line.ended);
  }
  reader.end(whole);
}

/** Notes the dates of a TXT list other than the favourites. */
export async function readTextDates(name: string, bytes: AsyncIterable<Uint8Array>, newest: NewestDate): Promise<void> {
  for await (const { text } of linesOf(name, bytes)) {
    const { label, value } = partsOf(text);
    newest.see(label, value);
  }
}

class RowReader {
  private readonly name: string;
  private readonly favorites: Favorites;
  private readonly newest: NewestDate;
  /** date of the row whose link has not come yet */
  private date: string | null = null;
  private blank = true;
  /** a row whose end may be missing: the last line came without its line break */
  private unfinished: string | null = null;

  constructor(name: string, favorites: Favorites, newest: NewestDate) {
    this.name = name;
    this.favorites = favorites;
    this.newest = newest;
  }

  line(text: string, ended: boolean): void {
    if (text.trim() === '') return;
    this.blank = false;
    const { label, value } = partsOf(text);
    if (/^(?:https?:\/\/|www\.)/i.test(value)) this.link(label, value, ended);
    else if (/date/i.test(label)) this.dated(label, value);
    else if (ended) this.favorites.skipRow('line is neither a date nor a link');
    else this.unfinished = text;
  }

  end(whole: boolean): void {
    if (this.blank) return;
    const { rowsRead, skippedRows } = this.favorites;
    if (rowsRead === skippedRows && this.date === null) {
      throw new InputError(
        `${this.name} is a text without any "Date:" and "Link:" lines: it is not a list of favourite videos. Nothing was changed.`,
      );
    }
    if (this.date !== null || (!whole && this.unfinished !== null)) {
      throw new InputError(
        `${this.name} is cut off: it ends in the middle of a row. Download the export again; nothing was changed.`,
      );
    }
  }

  private dated(label: string, value: string): void {
    if (this.date !== null) this.favorites.skipRow('row without a link');
    this.date = value;
    this.newest.see(label, value);
  }

  private link(label: string, value: string, ended: boolean): void {
    if (OTHER_LINK.test(label)) {
      throw new InputError(
        `${this.name} lists other things (${label}), not favourite videos: import "Favorite Videos.txt". Nothing was changed.`,
      );
    }
    // An id that was cut short would be believed; only a link that is closed by a slash is surely whole.
    const closed = ended || /\/\d+(?:\.html|\/)$/.test(value);
    if (!closed) this.unfinished = value;
    this.favorites.addRow({ date: this.date, link: value });
    this.date = null;
  }
}

/**
 * What stands before the first colon, and after it; both empty where a line has no such form. By hand: an expression with blanks
 * on both sides of something else takes minutes for a line of blanks.
 */
function partsOf(text: string): { readonly label: string; readonly value: string } {
  const colon = text.indexOf(':');
  const label = text.slice(0, Math.max(0, colon)).trim();
  if (colon < 1 || label.length > MAX_LABEL) return { label: '', value: '' };
  return { label, value: text.slice(colon + 1).trim() };
}

async function* linesOf(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ text: string; ended: boolean }> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?=[^\n])/);
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE)
      throw new InputError(
        `${name} has a line of more than ${MAX_LINE} characters: it is not a TXT export. Nothing was changed.`,
      );
    for (const text of lines) yield { text, ended: true };
  }
  rest += decoder.decode();
  if (rest !== '') yield { text: rest, ended: false };
}
