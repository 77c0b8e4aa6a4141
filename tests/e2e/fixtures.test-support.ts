import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Real exports lie beside the checkout, because they are others' data and not ours to publish. */
const FOLDER = path.join(__dirname, '../../../shared/fixtures/tiktok');
const NAMES = [
  'activity.2025-01.tiktok-com-links.json',
  'likes-and-favorites.2025-04.full.json',
  'likes-and-favorites.2026-04.json',
  'txt-2025-05/Favorite Videos.txt',
  'your-activity.2025-06.json',
];

export interface Fixture {
  readonly name: string;
  readonly file: string;
}

/** Those that are here; says loudly which are not. */
export function tiktokFixtures(): readonly Fixture[] {
  const all = NAMES.map((name) => ({ name, file: path.join(FOLDER, name) }));
  const missing = all.filter(({ file }) => !existsSync(file));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `  ${name}\n`).join('');
    process.stderr.write(
      `\n!!! ${missing.length} of ${all.length} real exports are NOT TESTED, they are not here:\n${names}`,
    );
  }
  return all.filter(({ file }) => existsSync(file));
}

interface Row {
  readonly id: string;
  readonly date: string;
}

/** What an export holds, read in another and simpler way than the program does. */
export class IndependentExport {
  readonly #text: string;
  readonly #isText: boolean;

  constructor({ file }: Fixture) {
    this.#text = readFileSync(file, 'utf8');
    this.#isText = file.endsWith('.txt');
  }

  get rows(): readonly Row[] {
    if (this.#isText) return this.#blocks().flatMap(rowOfBlock);
    return this.#list().map((row) => ({ id: idOf(row['Link'] ?? ''), date: row['Date'] ?? '' }));
  }

  get ids(): readonly string[] {
    return [...new Set(this.rows.map(({ id }) => id))].sort();
  }

  /** The same export without these items, changed in nothing else. */
  without(ids: ReadonlySet<string>): string {
    if (this.#isText)
      return this.#blocks()
        .filter((block) => !rowOfBlock(block).some(({ id }) => ids.has(id)))
        .join('\n\n');
    const document = JSON.parse(this.#text) as Record<string, Record<string, Record<string, unknown>>>;
    const section = Object.values(document).find((wrapper) => 'Favorite Videos' in wrapper)?.['Favorite Videos'];
    if (section === undefined) throw new Error('no section of favourites');
    section['FavoriteVideoList'] = this.#list().filter((row) => !ids.has(idOf(row['Link'] ?? '')));
    return JSON.stringify(document);
  }

  /** Dates between the oldest and the newest: a row that is missing there was not cut off, and is not newer than the rest. */
  get middle(): readonly Row[] {
    const dates = this.rows.map(({ date }) => date).sort();
    return this.rows.filter(({ date }) => date > (dates[0] ?? '') && date < (dates.at(-1) ?? ''));
  }

  #blocks(): readonly string[] {
    return this.#text.split(/\r?\n\s*\r?\n/);
  }

  #list(): readonly Readonly<Record<string, string>>[] {
    // By its name, wherever it is.
    const document = JSON.parse(this.#text) as Record<
      string,
      Record<string, { FavoriteVideoList?: Record<string, string>[] }>
    >;
    return Object.values(document).flatMap((wrapper) => wrapper['Favorite Videos']?.FavoriteVideoList ?? []);
  }
}

function idOf(link: string): string {
  return /\/video\/(\d+)/.exec(link)?.[1] ?? '';
}

function rowOfBlock(block: string): Row[] {
  const found = /Date: (\S+ \S+)[^\n]*\n\s*Link: (\S+)/.exec(block);
  return found === null ? [] : [{ id: idOf(found[2] ?? ''), date: found[1] ?? '' }];
}
