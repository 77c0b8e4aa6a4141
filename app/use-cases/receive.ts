import { type Readable, Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes what is sent to the target, and counts it; more than so many bytes fail with `tooLarge`. What comes after a failure is
 * read and thrown away: who sends all of a body before listening, as browsers do, would else wait for ever.
 *
 * @returns how many bytes came
 */
export async function receive(
  sent: Readable,
  target: Writable,
  limit: { readonly bytes: number; readonly tooLarge: Error },
  signal?: AbortSignal,
): Promise<number> {
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limit.bytes) done(limit.tooLarge);
      else done(null, chunk);
    },
  });
  const breakOff = (error?: Error): void => void meter.destroy(error ?? new Error('the sender broke off'));
  // Not by `pipeline`, which would destroy what is sent, and then nobody reads it. It says so when it breaks, also later.
  sent.on('error', breakOff);
  sent.once('close', () => {
    if (!sent.readableEnded) breakOff();
  });
  sent.pipe(meter);
  try {
    await pipeline(meter, target, signal === undefined ? {} : { signal });
  } catch (error) {
    readOn(sent);
    throw error;
  }
  return bytes;
}

/** Nobody wants what is sent, but it has to be read before its sender listens. */
export function readOn(sent: Readable): void {
  sent.unpipe();
  sent.resume();
}
