/** Draws a number from 0 to below 1. */
export type Random = () => number;

/** Longer inputs are slow, and reach nothing that shorter ones do not. */
const MAX_BYTES = 16_384;
const MAX_CHANGES = 6;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|\{\}|\[\]/g;
const NUMBERS = ['0', '-1', '1', '255', '65536', '2147483648', '4294967295', '9007199254740993', '1e308', '0.5', 'NaN'];
const VALUES = [
  'null',
  '[]',
  '{}',
  '""',
  '"x"',
  '0',
  '-1',
  '1.5',
  '1e400',
  'true',
  'false',
  '"\\ud800"',
  '"__proto__"',
];
const BYTES = [0, 1, 9, 10, 13, 34, 44, 47, 92, 127, 128, 192, 255];

type Mutator = (bytes: Buffer, random: Random, others: Others) => Buffer;

interface Others {
  readonly words: readonly string[];
  readonly pool: readonly Uint8Array[];
}

const below = (random: Random, count: number): number => Math.floor(random() * count);
const oneOf = <T>(random: Random, list: readonly T[]): T | undefined => list[below(random, list.length)];

/** An input like another one, with a few changes of any kind. */
export function mutate(input: Uint8Array, random: Random, others: Others): Uint8Array {
  let bytes: Buffer = Buffer.from(input);
  // Mostly few changes: many of them rarely leave anything that a reader looks at twice.
  for (let changes = 1 + below(random, 1 + below(random, MAX_CHANGES)); changes > 0; changes--)
    bytes = (oneOf(random, MUTATORS) ?? flipBit)(bytes, random, others);
  return bytes.subarray(0, MAX_BYTES);
}

const flipBit: Mutator = (bytes, random) => {
  const at = below(random, bytes.length);
  const changed = Buffer.from(bytes);
  if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << below(random, 8));
  return changed;
};

const setByte: Mutator = (bytes, random) => {
  const at = below(random, bytes.length);
  const changed = Buffer.from(bytes);
  if (at < changed.length) changed[at] = random() < 0.5 ? below(random, 256) : (oneOf(random, BYTES) ?? 0);
  return changed;
};

const setNumber: Mutator = (bytes, random) => {
  const changed = Buffer.from(bytes);
  const width = oneOf(random, [2, 4]) ?? 2;
  if (changed.length < width) return changed;
  const most = 2 ** (8 * width) - 1;
  const value = oneOf(random, [0, 1, most, most - 1, Math.ceil(most / 2), changed.length, below(random, most)]) ?? 0;
  changed.writeUIntLE(Math.min(value, most), below(random, changed.length - width + 1), width);
  return changed;
};

const put = (bytes: Buffer, at: number, piece: Uint8Array, replaced: number): Buffer =>
  Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + replaced)]);

const insertByte: Mutator = (bytes, random) =>
  put(bytes, below(random, bytes.length + 1), Buffer.alloc(1 + below(random, 4), oneOf(random, BYTES) ?? 0), 0);

const cutOut: Mutator = (bytes, random) =>
  put(bytes, below(random, bytes.length + 1), Buffer.alloc(0), 1 + below(random, random() < 0.7 ? 8 : bytes.length));

const cutOff: Mutator = (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1));

const repeat: Mutator = (bytes, random) => {
  const from = below(random, bytes.length + 1);
  const piece = bytes.subarray(from, from + 1 + below(random, 64));
  return put(bytes, from, Buffer.concat(Array.from({ length: 1 + below(random, 3) }, () => piece)), 0);
};

const word: Mutator = (bytes, random, { words }) => {
  const piece = Buffer.from(oneOf(random, words) ?? '');
  return put(bytes, below(random, bytes.length + 1), piece, random() < 0.5 ? 0 : piece.length);
};

const splice: Mutator = (bytes, random, { pool }) => {
  const other = oneOf(random, pool) ?? bytes;
  return Buffer.concat([
    bytes.subarray(0, below(random, bytes.length + 1)),
    other.subarray(below(random, other.length + 1)),
  ]);
};

/** A value of JSON, a quoted cell or a number, in the place of another one. */
const token: Mutator = (bytes, random, { words }) => {
  // Each byte as one character, and back again, so that what is no UTF-8 stays as it is.
  const text = bytes.toString('latin1');
  const found = oneOf(random, [...text.matchAll(TOKEN)]);
  if (found === undefined) return word(bytes, random, { words, pool: [] });
  const isNumber = /^-?\d/.test(found[0]);
  const value = oneOf(random, isNumber && random() < 0.6 ? NUMBERS : random() < 0.6 ? VALUES : words) ?? 'null';
  return put(bytes, found.index, Buffer.from(value), found[0].length);
};

const MUTATORS: readonly Mutator[] = [
  flipBit,
  setByte,
  setNumber,
  insertByte,
  cutOut,
  cutOff,
  repeat,
  word,
  word,
  splice,
  token,
  token,
  token,
];
