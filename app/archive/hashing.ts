import type { Hash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Lets everything through, and adds it to the hash. */
export function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
