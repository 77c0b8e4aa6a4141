import path from 'node:path';
import { InputError } from '../../../core/errors.ts';
import { digestOfIds } from '../../../core/set-digest.ts';
import type { PlainKind } from '../../content-kind.ts';
import { type Meter, meterOf, peekInto, type ReadOptions, withExport } from '../../open-export.ts';
import type { SourceFile } from '../../source-file.ts';
import { Favorites } from './favorites.ts';
import { readJsonExport } from './json-export.ts';
import { NewestDate } from './newest-date.ts';
import { readTextDates, readTextExport } from './text-export.ts';

/** An export, read as a whole: nothing of it is known to the collection yet. */
export interface ParsedExport {
  /** what the user gave */
  readonly fileKind: 'json' | 'text' | 'zip' | 'folder';
  /** the file that held the list, by its name within the archive or folder */
  readonly source: string;
  /** where in it, for JSON */
  readonly section: string;
  readonly favorites: Favorites;
  /** the newest date of the file that is not later than `now`, ms */
  readonly newestDate: number | null;
  /** the list was there, and the file itself says that it is empty */
  readonly explicitlyEmpty: boolean;
  readonly warnings: readonly string[];
}

interface Candidate {
  readonly source: string;
  readonly section: string;
  readonly favorites: Favorites;
}

/** What was looked through, for the message when nothing was found. */
type Seen = Map<string, Readonly<Record<string, readonly string[]>>>;

/** Also of a second download, of a copy, and as an upload names it: `Favorite Videos (1).txt`, `Favorite Videos _1_.txt`. */
const FAVORITES_TEXT = /(?:^|\/)favou?rite[ _-]*videos?(?:[ _-]*(?:\(\d+\)|\d+|copy))*_?\.txt$/i;
/** TXT lists that look just like the favourites inside, and whose dates are the user's own */
const OTHER_LISTS =
  /(?:^|\/)(?:like list|favou?rite (?!videos?\b).*|.*(?:browsing|watch|login|search) ?history|search(?:es)?|following|followers?)(?:[ _]?\(?\d+\)?)?\.txt$/i;
/** another product's data, which TikTok delivers along with its own, and what macOS adds to archives */
const NOT_TIKTOK = /lemon8|(?:^|\/)(?:__MACOSX\/|\.)/i;

/**
 * Reads an export of any form: `.json`, `.txt`, `.zip` or the unpacked folder, told apart by content.
 *
 * Rejects with InputError, which says what is wrong and what to do, when it is no whole export, or holds no list of
 * favourites (providers.md, section 3): a missing list is no information, never an empty one (law 5).
 */
export async function readExport(file: string, options: ReadOptions): Promise<ParsedExport> {
  const meter = meterOf(options);
  const reader = new ExportReader(options.now, meter);
  return withExport(file, meter, (opened) =>
    opened.kind === 'file'
      ? reader.single(opened.name, opened.content, opened.bytes)
      : reader.several(opened.kind, file, opened.files),
  );
}

class ExportReader {
  private readonly meter: Meter;
  private readonly newest: NewestDate;

  constructor(now: number, meter: Meter) {
    this.meter = meter;
    this.newest = new NewestDate(now);
  }

  async single(name: string, content: PlainKind, bytes: AsyncIterable<Uint8Array>): Promise<ParsedExport> {
    if (content.kind === 'other') throw otherKind(name, content.what);
    const { kind } = content;
    const seen: Seen = new Map();
    if (kind === 'text' && OTHER_LISTS.test(name))
      throw new InputError(`${name} is another list of the export: import "Favorite Videos.txt". Nothing was changed.`);
    const found = kind === 'json' ? await this.json(name, bytes, seen) : await this.text(name, bytes);
    if (found === null) throw missing(name, seen, []);
    return this.parsed(kind, found, []);
  }

  /** The files of an archive or folder: those that hold the list, and TXT lists whose dates tell its age. */
  async several(fileKind: 'zip' | 'folder', file: string, files: readonly SourceFile[]): Promise<ParsedExport> {
    const named = files.filter(
      ({ name }) => /\.(?:json|txt)$/i.test(name) && !NOT_TIKTOK.test(name.replaceAll('\\', '/')),
    );
    const seen: Seen = new Map();
    const found: Candidate[] = [];
    for (const source of named.filter(({ name }) => /\.json$/i.test(name))) {
      const candidate = await peekInto(source, this.meter, async (content, all) => {
        if (content.kind === 'json') return this.json(source.name, all, seen);
        throw otherKind(source.name, content.kind === 'other' ? content.what : `a ${content.kind} file`);
      });
      if (candidate !== null) found.push(candidate);
    }
    for (const source of named) {
      const name = source.name.replaceAll('\\', '/');
      if (FAVORITES_TEXT.test(name)) {
        const candidate = await peekInto(source, this.meter, async (content, all) => {
          if (content.kind === 'other' && content.what === 'empty') throw otherKind(source.name, 'empty');
          return this.text(source.name, all);
        });
        found.push(candidate);
      } else if (OTHER_LISTS.test(name))
        await peekInto(source, this.meter, (_content, all) => readTextDates(source.name, all, this.newest));
    }
    const [first, ...others] = found;
    if (first === undefined)
      throw missing(
        path.basename(file),
        seen,
        files.map(({ name }) => name),
      );
    return this.parsed(fileKind, first, agreeing(first, others));
  }

  private async json(name: string, bytes: AsyncIterable<Uint8Array>, seen: Seen): Promise<Candidate | null> {
    const favorites = new Favorites();
    const { sections, keys } = await readJsonExport(name, bytes, favorites, this.newest);
    seen.set(name, keys);
    return sections.length === 0 ? null : { source: name, section: sections.join(', '), favorites };
  }

  private async text(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Candidate> {
    const favorites = new Favorites();
    await readTextExport(name, bytes, favorites, this.newest);
    // Likes and the history look the same inside, and what is no favourite there would be taken as removed (law 5).
    if (!FAVORITES_TEXT.test(name.replaceAll('\\', '/')))
      throw new InputError(
        `${name} is not called "Favorite Videos.txt", and other lists of the export look the same inside: if it is the favourites, rename it to that. Nothing was changed.`,
      );
    return { source: name, section: '', favorites };
  }

  private parsed(
    fileKind: ParsedExport['fileKind'],
    { source, section, favorites }: Candidate,
    warnings: readonly string[],
  ): ParsedExport {
    return {
      fileKind,
      source,
      section,
      favorites,
      newestDate: this.newest.ms,
      explicitlyEmpty: favorites.rowsRead === 0,
      warnings,
    };
  }
}

/** Several lists in one place are believed only when they are the same one: exports of different days must not be mixed. */
function agreeing(first: Candidate, others: readonly Candidate[]): string[] {
  const digest = digestOf(first);
  const differing = others.filter((other) => digestOf(other) !== digest);
  if (differing.length > 0) {
    const names = [first, ...differing].map(({ source }) => JSON.stringify(source)).join(', ');
    throw new InputError(
      `there are several lists of favourite videos, and they differ: ${names}. Import the newest alone; nothing was changed.`,
    );
  }
  return others.map(
    ({ source }) => `${JSON.stringify(source)} holds the same list as ${JSON.stringify(first.source)}, which was taken`,
  );
}

function digestOf({ favorites }: Candidate): string {
  return `${digestOfIds(favorites.savedAt.keys())} ${favorites.shortLinks
    .map(({ url }) => url)
    .sort()
    .join(' ')}`;
}

function otherKind(name: string, what: string): InputError {
  return new InputError(
    `${name} is ${what}, not an export of TikTok: import the .json, .txt or .zip that TikTok gave you, or the unpacked folder. Nothing was changed.`,
  );
}

function missing(name: string, seen: Seen, files: readonly string[]): InputError {
  const lists = [...seen].map(([file, keys]) => {
    const parts = Object.entries(keys).map(([key, below]) =>
      below.length === 0 ? key : `${key} (${below.slice(0, 20).join(', ')})`,
    );
    return `${file} has the keys: ${parts.join('; ') || 'none'}`;
  });
  const looked = lists.length > 0 ? lists.join('. ') : `it holds: ${files.slice(0, 30).join(', ') || 'nothing'}`;
  const advice =
    'Ask TikTok for your data again, with all categories or at least "Likes and Favorites", and import that.';
  return new InputError(`${name} has no list of favourite videos, so nothing was changed. ${looked}. ${advice}`, {
    keys: Object.fromEntries(seen),
    files: files.slice(0, 100),
  });
}
