import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import kafkajs from 'kafkajs';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/**
 * The compression of what is appended: GZIP, which every client reads, at its fastest. Vectors hardly shrink, and at the
 * usual level compressing them took a third of the pipeline's computing time (docs/decisions/0018).
 */
export function fastGzip(): number {
  const type = kafkajs.CompressionTypes.GZIP;
  kafkajs.CompressionCodecs[type] = () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) =>
      await compress(buffer, { level: constants.Z_BEST_SPEED }),
    decompress: async (buffer: Buffer) => await decompress(buffer),
  });
  return type;
}
