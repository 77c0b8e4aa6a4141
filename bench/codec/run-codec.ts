import { createRecordCodec } from '../../codec/avsc/record-codec.ts';
import { RECORD_NAMES } from '../../schemas/generated/records.ts';
import { SCHEMAS } from '../../schemas/schemas.ts';
import { type CodecInput, type CodecResult, codecRecords, rateOf } from './codec-records.ts';

/** Our codec, with the ids that a registry would have given: it is not asked once they are known. */
export async function runCodec({ items }: CodecInput): Promise<CodecResult> {
  const codec = createRecordCodec(SCHEMAS, {
    idOf: (record) => RECORD_NAMES.indexOf(record) + 1,
    schemaOf: (id) => SCHEMAS[RECORD_NAMES[id - 1] ?? 'RawItem'],
  });
  const records = codecRecords();
  const encodedPerS = await rateOf(items, (index) => codec.encode('RawItem', records[index] as (typeof records)[0]));
  const written = records.map((record) => codec.encode('RawItem', record));
  const decodedPerS = await rateOf(items, (index) => codec.decode(written[index] as Uint8Array));
  return { encodedPerS, decodedPerS };
}
