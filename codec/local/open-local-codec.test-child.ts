// Opens a codec on each of the data folders `<first argument>/0`, `/1`, … as many as the second argument says, and prints
// for each the ids that its records have there, as a line of JSON.
import path from 'node:path';
import * as fc from 'fast-check';
import { RECORD_NAMES } from '../../schemas/generated/records.ts';
import { arbitraryRecord } from '../../testing/arbitraries/records.ts';
import { openLocalCodec } from './open-local-codec.ts';

const [root = '', count = '1'] = process.argv.slice(2);
for (let index = 0; index < Number(count); index += 1) {
  const codec = openLocalCodec({ dataDir: path.join(root, String(index)) });
  const ids = RECORD_NAMES.map((record) => {
    const bytes = fc
      .sample(arbitraryRecord(record), { seed: 1, numRuns: 1 })
      .map((value) => codec.encode(record, value));
    return Buffer.concat(bytes).readUInt32BE(1);
  });
  process.stdout.write(`${JSON.stringify(ids)}\n`);
}
