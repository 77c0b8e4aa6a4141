import { MockClient } from '@confluentinc/schemaregistry/dist/mock-schemaregistry-client.js';
import { AvroDeserializer, AvroSerializer } from '@confluentinc/schemaregistry/dist/serde/avro.js';
import { SerdeType } from '@confluentinc/schemaregistry/dist/serde/serde.js';
import { SCHEMAS } from '../../schemas/schemas.ts';
import { type CodecInput, type CodecResult, codecRecords, rateOf } from './codec-records.ts';

const TOPIC = 'bench';

/** The registry client's own serializers, over its registry in memory, so that no network counts. */
export async function runAvroSerializer({ items }: CodecInput): Promise<CodecResult> {
  const client = new MockClient({ baseURLs: ['mock://bench'] });
  await client.register(`${TOPIC}-value`, { schema: JSON.stringify(SCHEMAS.RawItem), schemaType: 'AVRO' });
  const options = { wrapUnions: 'never' as const };
  const latest = { autoRegisterSchemas: false, useLatestVersion: true };
  const serializer = new AvroSerializer(client, SerdeType.VALUE, { ...options, ...latest });
  const deserializer = new AvroDeserializer(client, SerdeType.VALUE, options);
  const records = codecRecords();
  const encodedPerS = await rateOf(items, (index) => serializer.serialize(TOPIC, records[index]));
  const written = await Promise.all(records.map((record) => serializer.serialize(TOPIC, record)));
  const decodedPerS = await rateOf(items, (index) => deserializer.deserialize(TOPIC, written[index] as Buffer));
  return { encodedPerS, decodedPerS };
}
