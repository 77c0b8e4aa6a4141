// A process of its own: opens a codec on each of the data folders `<root>/0`, `/1`, …, and prints for each the ids that its
// records have there, as a line of JSON. Its schemas have one field more, called like its variant.
// Arguments: root, how many folders, variant.
import path from 'node:path';
import * as fc from 'fast-check';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES } from '../../schemas/generated/records.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import { arbitraryRecord } from '../../testing/arbitraries/records.ts';
import { openLocalCodec } from './open-local-codec.ts';

const [root = '', count = '1', variant = 'added'] = process.argv.slice(2);
const field = { name: variant, type: 'int', default: 0 };
const schemas: Record<string, AvroRecord> = {};
for (const [name, schema] of Object.entries(SCHEMAS)) schemas[name] = { ...schema, fields: [...schema.fields, field] };

for (let index = 0; index < Number(count); index += 1) {
  const codec = openLocalCodec({ dataDir: path.join(root, String(index)), schemas: schemas as SchemaSet });
  const ids = RECORD_NAMES.map((record) => {
    const bytes = fc
      .sample(arbitraryRecord(record), { seed: 1, numRuns: 1 })
      .map((value) => codec.encode(record, value));
    return Buffer.concat(bytes).readUInt32BE(1);
  });
  process.stdout.write(`${JSON.stringify(ids)}\n`);
}
