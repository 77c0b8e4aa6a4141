import { isDeepStrictEqual } from 'node:util';
import type { SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../../schemas/generated/records.ts';
import type { SchemaSet } from '../../schemas/schemas.ts';
import { subjectName, TOPICS_OF } from '../../schemas/subjects.ts';
import { withoutDocs } from '../avsc/without-docs.ts';
import { reportRecord, type SubjectReport } from '../check-schemas.ts';
import { type RegisteredSchema, versionsOf } from './registry-client.ts';

/** A subject at the registry, beside what we would write under it. */
export interface RegistrySubject {
  readonly record: RecordName;
  readonly versions: readonly RegisteredSchema[];
  /** `changed`: not registered, in no version; a newer program may have registered later ones */
  readonly report: SubjectReport;
}

/** Every subject of ours, by TopicRecordNameStrategy: one for each topic that carries the record. */
export async function readSubjects(
  client: SchemaRegistryClient,
  schemas: SchemaSet,
  topicPrefix: string,
): Promise<readonly RegistrySubject[]> {
  const subjects = RECORD_NAMES.flatMap((record) => TOPICS_OF[record].map((topic) => ({ record, topic })));
  return await Promise.all(
    subjects.map(async ({ record, topic }) => {
      const name = subjectName(topic, record, topicPrefix);
      const versions = await versionsOf(client, name);
      const report = reportRecord(
        record,
        schemas[record],
        versions.map(({ schema }) => schema),
      );
      const registered = findVersion(versions, schemas[record]);
      const version = registered?.version ?? (versions.at(-1)?.version ?? 0) + 1;
      return { record, versions, report: { name, ...report, changed: registered === undefined, version } };
    }),
  );
}

/** The newest version that says the same, whatever its words. */
export function findVersion(versions: readonly RegisteredSchema[], schema: AvroRecord): RegisteredSchema | undefined {
  const wanted = withoutDocs(schema);
  return versions.findLast((version) => isDeepStrictEqual(withoutDocs(version.schema), wanted));
}
