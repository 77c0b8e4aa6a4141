import { isDeepStrictEqual } from 'node:util';
import type { AvroRecord } from '../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../schemas/generated/records.ts';
import { RELEASED, type ReleasedSchemas, SCHEMAS, type SchemaSet } from '../schemas/schemas.ts';
import { subjectName, TOPICS_OF } from '../schemas/subjects.ts';
import { compareSchemas } from './avsc/compare-schemas.ts';
import { withoutDocs } from './avsc/without-docs.ts';

/** How the present schema of a subject fits all its released versions. */
export interface SubjectReport {
  /** `<topic>-hoardarr.<Record>` */
  readonly name: string;
  readonly record: string;
  readonly compatible: boolean;
  /** of the present schema: that of the last release, or the next one where it has changed since */
  readonly version: number;
  /** the present schema is not released yet */
  readonly changed: boolean;
  /** sentences that name the field; empty where compatible */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface CheckOptions {
  readonly current?: SchemaSet;
  readonly released?: ReleasedSchemas;
  /** what stands before the names of topics, with its dot */
  readonly topicPrefix?: string;
}

/**
 * Checks the present schemas for FULL_TRANSITIVE compatibility: with every released version, both ways.
 *
 * @returns a report for each subject; released records that are gone come last, under the record's name
 */
export function reportSubjects(options: CheckOptions = {}): readonly SubjectReport[] {
  const { current = SCHEMAS, released = RELEASED, topicPrefix } = options;
  const present = RECORD_NAMES.flatMap((record) => {
    const report = reportRecord(record, current[record], released[record] ?? []);
    return TOPICS_OF[record].map((topic) => Object.assign({ name: subjectName(topic, record, topicPrefix) }, report));
  });
  const gone = Object.keys(released).filter((name) => !RECORD_NAMES.includes(name as RecordName));
  return [...present, ...gone.map((name) => reportGone(name, released[name]?.length ?? 0))];
}

/** A sentence for each incompatibility; empty where all is well. */
export function checkSchemas(options: CheckOptions = {}): readonly string[] {
  return [...new Set(reportSubjects(options).flatMap((subject) => subject.problems))];
}

/**
 * How the present schema of a record fits versions of it, the first one first: those that were released, or those that a
 * registry has.
 */
export function reportRecord(
  record: RecordName,
  current: AvroRecord,
  released: readonly AvroRecord[],
): Omit<SubjectReport, 'name'> {
  const latest = released.at(-1);
  const changed = latest === undefined || !isDeepStrictEqual(withoutDocs(latest), withoutDocs(current));
  const differences = released.map((earlier) => compareSchemas(earlier, current));
  const listed = (kind: 'problems' | 'warnings'): readonly string[] =>
    differences.flatMap((found, index) => found[kind].map((text) => `${text} (version ${index + 1})`));
  const problems = listed('problems');
  return {
    record,
    compatible: problems.length === 0,
    version: released.length + (changed ? 1 : 0),
    changed,
    problems,
    warnings: listed('warnings'),
  };
}

function reportGone(record: string, version: number): SubjectReport {
  const problems = [`${record}: was released, and is gone: its records in the log cannot be read any more`];
  return { name: `hoardarr.${record}`, record, compatible: false, version, changed: true, problems, warnings: [] };
}
