import { createRecordCodec } from '../../../codec/avsc/record-codec.ts';
import { ourSchema } from '../../../codec/registry/registry-client.ts';
import { PoisonError } from '../../../core/errors.ts';
import { RECORD_NAMES } from '../../../schemas/generated/records.ts';
import { SCHEMAS } from '../../../schemas/schemas.ts';
import { sampleItem } from '../../../testing/contracts/schema-codec-samples.ts';
import { type FuzzTarget, readOrRefuse } from '../target.ts';

const OURS = createRecordCodec(SCHEMAS, { idOf: (record) => RECORD_NAMES.indexOf(record), schemaOf: () => undefined });
const body = Buffer.from(OURS.encode('RawItem', sampleItem));

/** What a registry gives for an id: another version of a schema, somebody else's, or anything. */
export const avroSchema: FuzzTarget = {
  about: 'schemas from a registry, and a record that was written with them',
  seeds: RECORD_NAMES.map((name) => JSON.stringify(SCHEMAS[name])).filter((text) => text.length < 4_000),
  words: [
    '{"type":"record","name":"RawItem","namespace":"hoardarr","fields":[]}',
    '["null","string"]',
    '{"type":"array","items":"string"}',
    '{"type":"map","values":"long"}',
    '{"type":"enum","name":"E","symbols":["a"]}',
    '{"type":"fixed","name":"F","size":4}',
    '"default":null',
    '"aliases":["x"]',
    '"values":["a"]',
    '"logicalType":"date"',
    '"hoardarr.RawItem"',
    '"fields":',
  ],
  open: async () => ({
    run: async (input) => {
      const schemaOf = (): ReturnType<typeof ourSchema> => ourSchema(new TextDecoder().decode(input));
      const codec = createRecordCodec(SCHEMAS, { idOf: () => 1, schemaOf });
      await readOrRefuse(() => codec.decode(body), [PoisonError]);
    },
    close: async () => undefined,
  }),
};
