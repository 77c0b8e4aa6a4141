import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** 32 MB and some hundred ms each: what OWASP asks of scrypt, where memory is the scarcer of both. */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Room for what COST needs, and for what a later version may choose. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;

/** One at a time: a flood of guesses then costs the memory of one. */
let last: Promise<unknown> = Promise.resolve();

/** A salted hash that says by itself how it was made: `scrypt$N$r$p$SALT$HASH`, both in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** In constant time for a given hash. False too where the hash is of a form that is not ours. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [kind, n, r, p, salt, hash] = stored.split('$');
  if (kind !== 'scrypt' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64url');
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return expected.length === actual.length && timingSafeEqual(actual, expected);
}

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

async function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const work = last.then(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        // Keyboards write the same letter in different ways.
        scrypt(password.normalize('NFC'), salt, HASH_BYTES, { ...cost, maxmem: MAX_MEMORY_BYTES }, (error, key) => {
          if (error === null) resolve(key);
          else reject(error);
        });
      }),
  );
  last = work.catch(() => undefined);
  return await work;
}
