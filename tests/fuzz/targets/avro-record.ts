import { isDeepStrictEqual } from 'node:util';
import { createRecordCodec } from '../../../codec/avsc/record-codec.ts';
import { PoisonError } from '../../../core/errors.ts';
import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../../../schemas/generated/records.ts';
import { RELEASED, SCHEMAS } from '../../../schemas/schemas.ts';
import {
  sampleChunk,
  sampleEnriched,
  sampleFinished,
  sampleItem,
} from '../../../testing/contracts/schema-codec-samples.ts';
import { type FuzzTarget, holds, readOrRefuse } from '../target.ts';

/** Ids from here on are of the schemas of release 1. */
const RELEASED_FROM = 100;
const idOf = (record: RecordName): number => RECORD_NAMES.indexOf(record) + 1;
const codec = createRecordCodec(SCHEMAS, { idOf, schemaOf });

function schemaOf(id: number): AvroRecord | undefined {
  const record = RECORD_NAMES[(id % RELEASED_FROM) - 1];
  if (record === undefined) return undefined;
  return id < RELEASED_FROM ? SCHEMAS[record] : RELEASED[record]?.at(0);
}

const copy = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const samples: readonly Buffer[] = [
  copy(codec.encode('RawItem', sampleItem)),
  copy(codec.encode('EnrichedItem', sampleEnriched)),
  copy(codec.encode('SnapshotChunk', sampleChunk)),
  copy(codec.encode('SyncFinished', sampleFinished)),
];

/** decode(encode(decode(x))) = decode(x), and only PoisonError for what is no record. */
export const avroRecord: FuzzTarget = {
  about: 'Avro records in wire format, of these schemas and of release 1',
  seeds: [
    ...samples,
    ...samples.map((bytes) => {
      const released = Buffer.from(bytes);
      released.writeUInt32BE(released.readUInt32BE(1) + RELEASED_FROM, 1);
      return released;
    }),
    ...RECORD_NAMES.map((_, n) => Buffer.from([0, 0, 0, 0, n + 1, 2, 97, 2, 2, 97, 2, 97, 2, 97, 0, 0])),
  ],
  words: ['\u0000\u0000\u0000\u0000\u0001', '\u0000\u0000\u0000\u0000\u0065', '\u00ff\u00ff\u00ff\u00ff\u000f'],
  open: async () => ({
    run: async (input) => {
      const decoded = await readOrRefuse(() => codec.decode(input), [PoisonError]);
      if (decoded === null) return;
      const again = codec.decode(copy(codec.encode(decoded.type, decoded.value)));
      holds(isDeepStrictEqual(again, decoded), `a ${decoded.type} is another one after it was written again`);
    },
    close: async () => undefined,
  }),
};
