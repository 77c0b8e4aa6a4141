import { Transform } from 'node:stream';

/** Lets through, and counts, so many bytes; what exceeds them fails with `tooLarge`. */
export function limited(
  limitBytes: number,
  tooLarge: Error,
): { readonly stream: Transform; readonly bytes: () => number } {
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limitBytes) done(tooLarge);
      else done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes };
}
