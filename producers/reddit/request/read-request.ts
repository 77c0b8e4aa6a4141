import path from 'node:path';
import { InputError } from '../../../core/errors.ts';
import { digestOfIds } from '../../../core/set-digest.ts';
import type { PlainKind } from '../../content-kind.ts';
import { type Meter, meterOf, peekInto, type ReadOptions, withExport } from '../../open-export.ts';
import type { SourceFile } from '../../source-file.ts';
import type { SavedKind } from '../saved-link.ts';
import { readSavedCsv } from './read-csv.ts';
import { KIND_NAMES, type SavedList } from './saved-list.ts';

/** A data request, read as a whole: nothing of it is known to the collection yet. */
export interface ParsedRequest {
  /** what the user gave */
  readonly fileKind: 'csv' | 'zip' | 'folder';
  /** one for each kind that there is a file of */
  readonly lists: readonly SavedList[];
  /** date of the older of the lists in the archive, ms; null where it has none that is not later than `now` */
  readonly listedAt: number | null;
  readonly warnings: readonly string[];
}

const NAMES: Readonly<Record<SavedKind, RegExp>> = { t1: /saved[ _-]?comments?/i, t3: /saved[ _-]?posts?/i };
/** Lists of the data request that look just like those of saved things inside. */
const OTHER_LISTS = /hidden|votes?\b|^(?:posts|comments)\b|drafts?|gild|awards?/i;
/** hidden files, and what macOS adds to archives */
const NOT_REDDIT = /(?:^|\/)(?:__MACOSX\/|\.)/i;

/**
 * Reads a data request of any form: `saved_posts.csv`, `saved_comments.csv`, the ZIP, or the unpacked folder.
 *
 * Rejects with InputError, which says what is wrong and what to do, when it is no whole one or holds neither list: a missing
 * list is no information, never an empty one (law 5).
 */
export async function readRequest(file: string, options: ReadOptions): Promise<ParsedRequest> {
  const meter = meterOf(options);
  return withExport(file, meter, async (opened) => {
    if (opened.kind !== 'file') return readSeveral(opened.kind, path.basename(file), opened.files, meter, options.now);
    const { name, content, bytes } = opened;
    if (kindOfName(name) === null && OTHER_LISTS.test(name))
      throw new InputError(
        `${name} is another list of the data request: import saved_posts.csv or saved_comments.csv. Nothing was changed.`,
      );
    return { fileKind: 'csv', lists: [await readList(name, content, bytes)], listedAt: null, warnings: [] };
  });
}

async function readSeveral(
  fileKind: 'zip' | 'folder',
  container: string,
  files: readonly SourceFile[],
  meter: Meter,
  now: number,
): Promise<ParsedRequest> {
  const own = files.filter(({ name }) => !NOT_REDDIT.test(name.replaceAll('\\', '/')));
  const csvs = own.filter(({ name }) => /\.csv$/i.test(name));
  const found: SavedList[] = [];
  for (const source of csvs) {
    if (kindOfName(source.name) === null) continue;
    found.push(
      await peekInto(source, meter, (content, bytes) =>
        content.kind === 'zip'
          ? Promise.reject(otherKind(source.name, 'a ZIP archive'))
          : readList(source.name, content, bytes),
      ),
    );
  }
  if (found.length === 0)
    throw missing(
      container,
      csvs.map(({ name }) => name),
    );
  const { lists, warnings } = oneOfEach(found);
  // Not the newest file: whoever packs an old request again, with a note of today or a list that was saved anew, would make it the
  // newest of all. Too early a date removes too little, and never too much.
  const dates = found.flatMap(({ source }) => own.find(({ name }) => name === source)?.modifiedAt ?? []);
  const past = dates.filter((date) => date <= now);
  return { fileKind, lists, listedAt: past.length === 0 ? null : Math.min(...past), warnings };
}

async function readList(name: string, content: PlainKind, bytes: AsyncIterable<Uint8Array>): Promise<SavedList> {
  if (content.kind === 'other') throw otherKind(name, content.what);
  if (content.kind === 'json') throw otherKind(name, 'JSON');
  const kind = kindOfName(name);
  return (await readSavedCsv(name, bytes, kind !== null)).toList(name, kind);
}

/** Null where the name says neither, or both. */
function kindOfName(name: string): SavedKind | null {
  const base = name.replaceAll('\\', '/').split('/').at(-1) ?? '';
  const [isComments, isPosts] = [NAMES.t1.test(base), NAMES.t3.test(base)];
  if (isComments === isPosts) return null;
  return isComments ? 't1' : 't3';
}

/** Several lists of a kind are believed only when they are the same one: requests of different days must not be mixed. */
function oneOfEach(found: readonly SavedList[]): { readonly lists: readonly SavedList[]; readonly warnings: string[] } {
  const lists: SavedList[] = [];
  const warnings: string[] = [];
  for (const kind of ['t1', 't3'] as const) {
    const [first, ...others] = found.filter((list) => list.kind === kind);
    if (first === undefined) {
      warnings.push(`there is no saved_${KIND_NAMES[kind]}.csv, so ${KIND_NAMES[kind]} stay as they are`);
      continue;
    }
    const differing = others.filter((other) => digestOf(other) !== digestOf(first));
    if (differing.length > 0) {
      const names = [first, ...differing].map(({ source }) => JSON.stringify(source)).join(', ');
      throw new InputError(
        `there are several lists of saved ${KIND_NAMES[kind]}, and they differ: ${names}. Import the newest alone; nothing was changed.`,
      );
    }
    lists.push(first);
  }
  return { lists, warnings };
}

function digestOf({ items, skipped }: SavedList): string {
  return `${digestOfIds(items.keys())} ${skipped.size}`;
}

function otherKind(name: string, what: string): InputError {
  return new InputError(
    `${name} is ${what}, not a data request of Reddit: import the ZIP that Reddit gave you, the unpacked folder, or saved_posts.csv or saved_comments.csv from it. Nothing was changed.`,
  );
}

function missing(name: string, csvs: readonly string[]): InputError {
  const holds = csvs.length === 0 ? 'It has no CSV files at all' : `Its CSV files are: ${csvs.slice(0, 60).join(', ')}`;
  return new InputError(
    `${name} has neither saved_posts.csv nor saved_comments.csv, so nothing was changed. ${holds}. Request your data at https://www.reddit.com/settings/data-request and import the ZIP that Reddit sends.`,
    { files: csvs.slice(0, 100) },
  );
}
