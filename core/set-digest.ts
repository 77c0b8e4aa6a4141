import { hash } from 'node:crypto';

const WORD = 0x1_0000_0000;

/**
 * Digest of a set of ids: the sum modulo 2^128 of the first 16 bytes of SHA-256(id). Independent of order, and kept up to
 * date as ids come and go. It is a sum, not a set: adding an id twice counts twice, so the caller keeps ids distinct.
 */
export class SetDigest {
  /** most significant word first */
  private readonly words: [number, number, number, number];

  /** `hex`: 32 characters, as toString gives them; the empty set when absent. Throws RangeError when it is anything else. */
  constructor(hex = '0'.repeat(32)) {
    if (!/^[0-9a-f]{32}$/.test(hex)) throw new RangeError(`not a digest of 32 hex characters: ${hex}`);
    const word = (index: number): number => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16);
    this.words = [word(0), word(1), word(2), word(3)];
  }

  add(id: string): this {
    return this.combine(id, 1);
  }

  remove(id: string): this {
    return this.combine(id, -1);
  }

  /** Hex, 32 characters. */
  toString(): string {
    return this.words.map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  private combine(id: string, sign: 1 | -1): this {
    const bytes = hash('sha256', id, 'buffer');
    let carry = 0;
    for (const index of [3, 2, 1, 0] as const) {
      const sum = this.words[index] + sign * bytes.readUInt32BE(index * 4) + carry;
      carry = Math.floor(sum / WORD);
      this.words[index] = sum - carry * WORD;
    }
    return this;
  }
}

/** Hex, 32 characters: the digest of distinct ids in any order. */
export function digestOfIds(ids: Iterable<string>): string {
  const digest = new SetDigest();
  for (const id of ids) digest.add(id);
  return digest.toString();
}
