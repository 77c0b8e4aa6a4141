import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError, messageOf } from '../../../core/errors.ts';
import { digestOfIds } from '../../../core/set-digest.ts';
import { fileOnDisk, filesBelow } from '../../folder.ts';
import type { SourceFile } from '../../source-file.ts';
import { openZip } from '../../zip.ts';
import { contentKind, peek } from './content-kind.ts';
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

export interface ReadOptions {
  /** ms; later dates in the file do not count for its age */
  readonly now: number;
  readonly signal?: AbortSignal;
  /** called as it goes; `bytes` of all files so far, unpacked */
  readonly progress?: (bytes: number) => void;
}

interface Candidate {
  readonly source: string;
  readonly section: string;
  readonly favorites: Favorites;
}

/** What was looked through, for the message when nothing was found. */
type Seen = Map<string, Readonly<Record<string, readonly string[]>>>;

const FAVORITES_TEXT = /(?:^|\/)favou?rite[ _]videos?(?:[ _]?\(?\d+\)?)?\.txt$/i;
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
  const info = await stat(file).catch((error: unknown) => {
    throw new InputError(`${file} cannot be read: ${messageOf(error)}`);
  });
  const reader = new ExportReader(options);
  if (info.isDirectory()) return reader.several('folder', file, await filesBelow(file));
  if (!info.isFile()) throw new InputError(`${file} is neither a file nor a folder`);
  const name = path.basename(file);
  const { head, all, close } = await peek(reader.count(fileOnDisk(file, name, true).open()));
  const content = contentKind(head);
  if (content.kind === 'zip') {
    await close();
    const archive = await openZip(file);
    try {
      return await reader.several('zip', file, archive.files);
    } finally {
      archive.close();
    }
  }
  try {
    return await reader.single(name, content.kind, content.kind === 'other' ? content.what : '', all);
  } finally {
    await close();
  }
}

class ExportReader {
  private readonly options: ReadOptions;
  private readonly newest: NewestDate;
  private bytes = 0;

  constructor(options: ReadOptions) {
    this.options = options;
    this.newest = new NewestDate(options.now);
  }

  async *count(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.options.signal?.throwIfAborted();
      this.bytes += chunk.length;
      this.options.progress?.(this.bytes);
      yield chunk;
    }
  }

  async single(
    name: string,
    kind: 'json' | 'text' | 'other',
    what: string,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<ParsedExport> {
    if (kind === 'other') throw otherKind(name, what);
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
      const candidate = await this.peeking(source, (head, all) => {
        const content = contentKind(head);
        if (content.kind === 'json') return this.json(source.name, all, seen);
        throw otherKind(source.name, content.kind === 'other' ? content.what : `a ${content.kind} file`);
      });
      if (candidate !== null) found.push(candidate);
    }
    for (const source of named) {
      const name = source.name.replaceAll('\\', '/');
      if (FAVORITES_TEXT.test(name)) {
        const candidate = await this.peeking(source, (head, all) => {
          if (head.length === 0) throw otherKind(source.name, 'empty');
          return this.text(source.name, all);
        });
        found.push(candidate);
      } else if (OTHER_LISTS.test(name))
        await this.peeking(source, (_head, all) => readTextDates(source.name, all, this.newest));
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

  /** Reads a file with its first bytes known; closes it however that ends. */
  private async peeking<T>(
    source: SourceFile,
    read: (head: Uint8Array, all: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T> {
    const { head, all, close } = await peek(this.count(source.open()));
    try {
      return await read(head, all);
    } finally {
      await close();
    }
  }

  private async json(name: string, bytes: AsyncIterable<Uint8Array>, seen: Seen): Promise<Candidate | null> {
    const favorites = new Favorites();
    const { sections, keys } = await readJsonExport(name, bytes, favorites, this.newest);
    seen.set(name, keys);
    return sections.length === 0 ? null : { source: name, section: sections.join(', '), favorites };
  }

  private async text(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Candidate> {
    const favorites = new Favorites();
    const blank = await readTextExport(name, bytes, favorites, this.newest);
    if (blank && !FAVORITES_TEXT.test(name.replaceAll('\\', '/'))) {
      throw new InputError(
        `${name} holds nothing, and is not called "Favorite Videos.txt": whether it is an empty list cannot be told. Nothing was changed.`,
      );
    }
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
