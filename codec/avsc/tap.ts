/**
 * Reading and writing single values through avsc's cursor, checked. Each reader throws RangeError where the bytes are damaged,
 * each writer TypeError where the value does not fit.
 */

/** avsc's cursor in a buffer (avsc/lib/utils.js). Writes beyond the end only move `pos`. */
export interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  writeLong(value: number): void;
  skipLong(): void;
  /** Where the length is damaged, `pos` is beyond the end afterwards. */
  readString(): string | undefined;
  writeBinary(text: string, length: number): void;
}

/** Longer ASCII strings are written faster by Node than by a loop. The length of shorter ones fits one byte. */
const SHORT_STRING_CHARS = 40;

export function misfit(expected: string): TypeError {
  return new TypeError(`expected ${expected}`);
}

export function damaged(what: string): RangeError {
  return new RangeError(`damaged ${what}`);
}

/** The length of what follows, which must be there. */
export function readLength(tap: Tap, what: string): number {
  const length = tap.readLong();
  if (!(length >= 0 && length <= tap.buf.length - tap.pos)) throw damaged(what);
  return length;
}

/**
 * How many items the next block has; 0 ends the sequence. Every item of our schemas takes at least one byte, so that a
 * count is never above the bytes that are left.
 */
export function readCount(tap: Tap, what: string): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong();
  }
  if (!(count <= tap.buf.length - tap.pos)) throw damaged(what);
  return count;
}

export function readString(tap: Tap): string {
  const text = tap.readString();
  if (text === undefined || tap.pos > tap.buf.length) throw damaged('string');
  return text;
}

/** UTF-8. A half surrogate pair becomes U+FFFD, as everywhere in Node; avsc would write bytes that are not UTF-8. */
export function writeString(tap: Tap, value: unknown): void {
  if (typeof value !== 'string') throw misfit('string');
  if (value.length <= SHORT_STRING_CHARS && writeShortAscii(tap, value)) return;
  const length = Buffer.byteLength(value);
  tap.writeLong(length);
  if (tap.pos + length <= tap.buf.length) tap.buf.write(value, tap.pos, length, 'utf8');
  tap.pos += length;
}

/** False, with nothing moved, where the text has other characters. */
function writeShortAscii(tap: Tap, text: string): boolean {
  const { buf } = tap;
  const start = tap.pos + 1;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    buf[start + index] = code;
  }
  buf[tap.pos] = text.length << 1;
  tap.pos = start + text.length;
  return true;
}

/** From here on avsc's arithmetic on doubles loses the last bit, which holds the sign. */
const EXACT_LIMIT = 2 ** 52;
const MAX_VARINT_BYTES = 10;

export function readLong(tap: Tap): number {
  const start = tap.pos;
  const value = tap.readLong();
  if (value > -EXACT_LIMIT && value < EXACT_LIMIT) return value;
  tap.pos = start;
  return readBigLong(tap);
}

export function writeLong(tap: Tap, value: unknown): void {
  if (!Number.isSafeInteger(value)) throw misfit('long (a safe integer)');
  const long = value as number;
  if (long > -EXACT_LIMIT && long < EXACT_LIMIT) tap.writeLong(long);
  else writeBigLong(tap, long);
}

function readBigLong(tap: Tap): number {
  let zigzag = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = tap.buf[tap.pos];
    if (byte === undefined) break;
    tap.pos += 1;
    zigzag |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) {
      const value = Number((zigzag >> 1n) ^ -(zigzag & 1n));
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
  }
  throw damaged('long');
}

function writeBigLong(tap: Tap, value: number): void {
  const long = BigInt(value);
  let zigzag = BigInt.asUintN(64, (long << 1n) ^ (long >> 63n));
  let bytes = '';
  while (zigzag >= 0x80n) {
    bytes += String.fromCharCode(Number(zigzag & 0x7fn) | 0x80);
    zigzag >>= 7n;
  }
  bytes += String.fromCharCode(Number(zigzag));
  tap.writeBinary(bytes, bytes.length);
}
