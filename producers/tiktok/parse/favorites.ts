import { InputError } from '../../../core/errors.ts';
import { parseExportDate } from '../date.ts';
import { parseTikTokLink } from '../link.ts';

/** A row of the list as it stands in the file, keys in lower case. */
export type FavoriteRow = Readonly<Record<string, unknown>>;

/** What the file itself says of a video besides its link and date; most exports say nothing. */
export interface FavoriteDetails {
  readonly title: string | null;
  readonly body: string | null;
  readonly author: string | null;
  readonly handle: string | null;
  readonly photo: boolean;
}

export interface ShortLink {
  readonly url: string;
  readonly savedAt: number | null;
  readonly details: FavoriteDetails | null;
}

const MAX_ROWS = 2_000_000;
const MAX_TEXT = 20_000;

/**
 * Collects the rows of one or more lists of favourites. A row whose id cannot be read is skipped with a reason: whoever
 * uses the list then must not conclude anything from absence.
 */
export class Favorites {
  rowsRead = 0;
  duplicates = 0;
  /** date of the oldest row, ms */
  oldestRow: number | null = null;
  /** rows that were skipped, by reason */
  readonly skipped = new Map<string, number>();
  /** saved date, ms, by item id; null where the row has none that can be */
  readonly savedAt = new Map<string, number | null>();
  /** only items of which the file says more than that */
  readonly details = new Map<string, FavoriteDetails>();
  readonly shortLinks: ShortLink[] = [];

  /** Throws InputError when there are more rows than any collection has. */
  addRow(row: FavoriteRow): void {
    this.rowsRead++;
    if (this.rowsRead > MAX_ROWS) throw new InputError(`the list has more than ${MAX_ROWS} rows`);
    const link = row['link'] ?? row['videolink'];
    if (typeof link !== 'string') return this.skip('row without a link');
    const savedAt = typeof row['date'] === 'string' ? parseExportDate(row['date']) : null;
    const found = parseTikTokLink(link);
    switch (found.kind) {
      case 'unreadable':
        return this.skip(found.reason);
      case 'short':
        this.shortLinks.push({ url: found.url, savedAt, details: detailsOf(row, null, false) });
        return;
      case 'video':
        this.add(found.itemId, savedAt, detailsOf(row, found.handle, found.photo));
    }
  }

  skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  /** A row that is not even a row. */
  skipRow(reason: string): void {
    this.rowsRead++;
    this.skip(reason);
  }

  /** Of rows with the same id the newest date counts. */
  add(itemId: string, savedAt: number | null, details: FavoriteDetails | null): void {
    const before = this.savedAt.get(itemId);
    if (before !== undefined) this.duplicates++;
    if (before === undefined || (savedAt !== null && (before === null || savedAt > before)))
      this.savedAt.set(itemId, savedAt);
    if (details !== null) this.details.set(itemId, details);
    if (savedAt !== null && (this.oldestRow === null || savedAt < this.oldestRow)) this.oldestRow = savedAt;
  }

  get skippedRows(): number {
    let sum = 0;
    for (const count of this.skipped.values()) sum += count;
    return sum;
  }
}

function detailsOf(row: FavoriteRow, handle: string | null, photo: boolean): FavoriteDetails | null {
  const [caption, title, author] = [textOf(row['caption']), textOf(row['title']), textOf(row['author'])];
  if (caption === null && title === null && author === null && handle === null && !photo) return null;
  return { title: title ?? caption, body: title === null ? null : caption, author, handle, photo };
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.trim().slice(0, MAX_TEXT);
  return text === '' ? null : text;
}
