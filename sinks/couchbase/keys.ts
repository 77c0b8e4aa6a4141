/** Keys of the sorted tables: parts joined by a character that no part contains. Ordered by UTF-16 code units. */
const SEPARATOR = '\u0000';
const DIGITS = 16;
/** Positions begin at -1, and dates may lie before 1970. */
const OFFSET = 1_000_000_000_000_000;

export function joinKey(...parts: readonly string[]): string {
  return parts.join(SEPARATOR);
}

export function splitKey(key: string): readonly string[] {
  return key.split(SEPARATOR);
}

/** What every key that begins with these parts, and goes on, begins with. */
export function prefixOf(...parts: readonly string[]): string {
  return `${parts.join(SEPARATOR)}${SEPARATOR}`;
}

/** A whole number as text of equal length, in the order of the numbers. */
export function sortable(value: number): string {
  return String(OFFSET + value).padStart(DIGITS, '0');
}

export function fromSortable(text: string): number {
  return Number(text) - OFFSET;
}

/** Order of UTF-16 code units. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
