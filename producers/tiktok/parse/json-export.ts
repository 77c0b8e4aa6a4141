import { InputError } from '../../../core/errors.ts';
import { type JsonScalar, JsonStream, JsonSyntaxError, type JsonVisitor } from '../../json-stream.ts';
import type { Favorites } from './favorites.ts';
import type { NewestDate } from './newest-date.ts';

/** What a JSON export said about its list. */
export interface JsonFindings {
  /** where the lists were: keys from the top, joined by ` > `; empty when there was none */
  readonly sections: readonly string[];
  /** keys at the top, each with the keys below it */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

const LIST_KEY = /^favou?ritevideolist$/;
const SECTION_KEY = /^favou?ritevideos$/;
/** Kept for the message that says what the file has instead. */
const MAX_KEYS = 100;
const MAX_KEY_LENGTH = 100;
/** Of a row; other keys are not kept, however many there are. */
const COLUMNS = new Set(['date', 'link', 'videolink', 'title', 'caption', 'author']);

/**
 * Reads the favourites of a JSON export as it streams by, under any wrapper: the lists are found by their key at any depth.
 * `ItemFavoriteList` is not one of them: it holds likes, despite its name. Rejects with InputError when the file is not
 * whole, or the list has a form that no export has.
 */
export async function readJsonExport(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  favorites: Favorites,
  newest: NewestDate,
): Promise<JsonFindings> {
  const visitor = new ExportVisitor(favorites, newest);
  const json = new JsonStream(visitor);
  try {
    for await (const chunk of bytes) json.write(chunk);
    json.end();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const what = error.cutOff ? 'is cut off' : 'is not valid JSON';
    throw new InputError(`${name} ${what}: ${error.message}. Download the export again; nothing was changed.`);
  }
  return { sections: visitor.sections, keys: Object.fromEntries(visitor.keys) };
}

class ExportVisitor implements JsonVisitor {
  readonly sections: string[] = [];
  readonly keys = new Map<string, string[]>();
  private readonly favorites: Favorites;
  private readonly newest: NewestDate;
  private readonly path: (string | null)[] = [];
  /** depth of the list, of an object in the place of the list, of the section around it; -1 outside */
  private list = -1;
  private emptyList = -1;
  private section = -1;
  private sectionValues = 0;
  private row: Record<string, unknown> | null = null;

  constructor(favorites: Favorites, newest: NewestDate) {
    this.favorites = favorites;
    this.newest = newest;
  }

  open(kind: 'object' | 'list', key: string | null, depth: number): void {
    this.enter(key, depth);
    if (this.list >= 0) {
      if (depth !== this.list + 1) return;
      if (kind === 'object') this.row = {};
      else this.favorites.skipRow('row is a list');
    } else if (isNamed(key, LIST_KEY)) {
      this.found(depth);
      if (kind === 'list') this.list = depth;
      else this.emptyList = depth;
    } else if (isNamed(key, SECTION_KEY)) {
      this.section = depth;
      this.sectionValues = 0;
    }
  }

  close(depth: number): void {
    if (this.row !== null && depth === this.list + 1) {
      this.favorites.addRow(this.row);
      this.row = null;
    } else if (depth === this.list) this.list = -1;
    else if (depth === this.emptyList) this.emptyList = -1;
    else if (depth === this.section) {
      // `{}` and `[]` in the place of the section are how exports write an empty one.
      if (this.sectionValues === 0) this.found(depth);
      this.section = -1;
    }
  }

  scalar(value: JsonScalar, key: string | null, depth: number): void {
    this.enter(key, depth);
    if (typeof value === 'string') this.newest.see(key, value);
    if (this.list >= 0) {
      if (depth === this.list + 1) this.favorites.skipRow('row is not an object');
      else if (this.row !== null && depth === this.list + 2) keepColumn(this.row, key, value);
    } else if (isNamed(key, LIST_KEY)) {
      if (value !== null) throw unknownForm(this.place(depth));
      this.found(depth);
    } else if (value === null && isNamed(key, SECTION_KEY)) this.found(depth);
  }

  private enter(key: string | null, depth: number): void {
    const name = key === null || key.length <= MAX_KEY_LENGTH ? key : key.slice(0, MAX_KEY_LENGTH);
    this.path[depth] = name;
    if (depth === 1 && name !== null && this.keys.size < MAX_KEYS && !this.keys.has(name)) this.keys.set(name, []);
    if (depth === 2 && name !== null) {
      const below = this.keys.get(this.path[1] ?? '');
      if (below !== undefined && below.length < MAX_KEYS) below.push(name);
    }
    if (this.emptyList >= 0) throw unknownForm(this.place(this.emptyList));
    if (depth === this.section + 1) this.sectionValues++;
  }

  private found(depth: number): void {
    if (this.sections.length < MAX_KEYS) this.sections.push(this.place(depth));
  }

  private place(depth: number): string {
    return this.path
      .slice(0, depth + 1)
      .filter((key) => key !== null)
      .join(' > ');
  }
}

function unknownForm(place: string): InputError {
  return new InputError(`${place} is neither a list nor empty: this form of export is not known. Nothing was changed.`);
}

function keepColumn(row: Record<string, unknown>, key: string | null, value: JsonScalar): void {
  const column = key?.slice(0, MAX_KEY_LENGTH).toLowerCase().replaceAll(' ', '') ?? '';
  if (COLUMNS.has(column)) row[column] = value;
}

function isNamed(key: string | null, name: RegExp): boolean {
  // Nearly all keys differ in their first letter already.
  if (key === null || !/^f/i.test(key)) return false;
  return name.test(key.toLowerCase().replace(/[^a-z]/g, ''));
}
