import { isAbsolute } from 'node:path';

/** Something that reads bytes from outside, and what must hold whatever they are. */
export interface FuzzTarget {
  /** in a few words, for people */
  readonly about: string;
  /** well-formed inputs, of invented data, that others are made of */
  readonly seeds: readonly (string | Uint8Array)[];
  /** pieces that the format gives a meaning to, which chance would hardly find */
  readonly words: readonly string[];
  open(): Promise<Subject>;
}

/** A target that is ready to run, in this process. */
export interface Subject {
  /** Throws or rejects where what must hold does not. */
  run(input: Uint8Array): void | Promise<void>;
  close(): Promise<void>;
}

/** A property of a target is broken. Any other error that a run ends with is a finding too. */
export class PropertyError extends Error {
  override readonly name = 'PropertyError';
}

export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new PropertyError(what);
}

/** Of a message that a person has to act on. */
const MAX_MESSAGE = 20_000;
const SAYS_NOTHING =
  /undefined is not|cannot read propert|is not a function|is not iterable|\[object |\bat .*\.[jt]s:\d+|\/node_modules\//i;

type ErrorClass = abstract new (...parameters: never[]) => Error;

/**
 * Throws the error again unless it is of one of these classes, which callers act on, and its message is one for people. That of
 * a bare TypeError or RangeError is a finding.
 */
export function mustBeOneOf(error: unknown, classes: readonly ErrorClass[]): void {
  const own = classes.find((each) => error instanceof each);
  if (own === undefined || !(error instanceof Error)) throw error;
  holds(error.message.trim() !== '', `a ${error.name} says nothing`);
  holds(error.message.length <= MAX_MESSAGE, `a ${error.name} says ${error.message.length} characters`);
  holds(!SAYS_NOTHING.test(error.message), `a ${error.name} speaks of code: ${error.message.slice(0, 300)}`);
}

/** What the reader gave, or null where it refused with one of these errors. */
export async function readOrRefuse<T>(read: () => T | Promise<T>, classes: readonly ErrorClass[]): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    mustBeOneOf(error, classes);
    return null;
  }
}

/** As bytes. */
export function bytesOf(input: string | Uint8Array): Uint8Array {
  return typeof input === 'string' ? Buffer.from(input) : input;
}

/** Chosen by the input itself, so that a run of the same input is the same run. */
export function pick(input: Uint8Array, below: number, salt = 0): number {
  let hash = 2_166_136_261 ^ salt;
  for (const byte of input) hash = Math.imul(hash ^ byte, 16_777_619);
  return below < 1 ? 0 : (hash >>> 0) % below;
}

export const isFileUrl = (url: string): boolean => url.startsWith('file:') || isAbsolute(url);
