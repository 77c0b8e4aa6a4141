import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import type { AvroField, AvroRecord, AvroType } from '../../schemas/avro-schema.ts';
import { compileSchema } from './compile-schema.ts';

/** What keeps two versions of a schema from reading each other's records. */
export interface SchemaDifferences {
  /** breaks of FULL compatibility */
  readonly problems: readonly string[];
  /** what is allowed, and needs care when it is rolled out */
  readonly warnings: readonly string[];
}

interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
}

/**
 * Compares two versions both ways by the rules of Avro's schema resolution, which Confluent's FULL compatibility rests on
 * (each reads what the other writes), and by what those rules leave out: a changed default makes old records mean something
 * else; string and bytes read as each other, but our code takes them for different types; and of `values` Avro knows nothing.
 *
 * A value more is a warning: readers of the earlier version take a record that has it for poison, and so must be brought up
 * to date first. A value less is a problem: old records may have it.
 */
export function compareSchemas(earlier: AvroRecord, current: AvroRecord): SchemaDifferences {
  const findings: Findings = { problems: [], warnings: [] };
  compareTypes(earlier, current, current.name, findings);
  if (findings.problems.length === 0) {
    // The comparison above names the fields; Avro's own resolution of the whole has the last word.
    findings.problems.push(...resolutionProblems(earlier, current, current.name));
  }
  return findings;
}

function compareTypes(earlier: AvroType, current: AvroType, path: string, findings: Findings): void {
  if (isRecord(earlier) && isRecord(current)) {
    compareRecords(earlier, current, path, findings);
  } else if (isCollection(earlier) && isCollection(current) && earlier.type === current.type) {
    compareTypes(contentOf(earlier), contentOf(current), `${path}[]`, findings);
  } else {
    const problems = resolutionProblems(earlier, current, path);
    if (problems.length === 0 && hasBytes(earlier) !== hasBytes(current)) {
      problems.push(`${path}: ${JSON.stringify(earlier)} has become ${JSON.stringify(current)}`);
    }
    findings.problems.push(...problems);
  }
}

function compareRecords(earlier: AvroRecord, current: AvroRecord, path: string, findings: Findings): void {
  if (earlier.name !== current.name) {
    findings.problems.push(`${path}: the record ${earlier.name} is now called ${current.name}`);
  }
  const currentFields = new Map(current.fields.map((field) => [field.name, field]));
  for (const before of earlier.fields) {
    const after = currentFields.get(before.name);
    currentFields.delete(before.name);
    if (after !== undefined) compareFields(before, after, `${path}.${before.name}`, findings);
    else if (before.default === undefined) {
      findings.problems.push(
        `${path}.${before.name}: removed, but readers of the earlier version have no default for it`,
      );
    }
  }
  for (const added of currentFields.values()) {
    if (added.default !== undefined) continue;
    findings.problems.push(`${path}.${added.name}: added without a default, which records of the earlier version need`);
  }
}

function compareFields(before: AvroField, after: AvroField, path: string, findings: Findings): void {
  compareTypes(before.type, after.type, path, findings);
  if (
    before.default !== undefined &&
    after.default !== undefined &&
    !isDeepStrictEqual(before.default, after.default)
  ) {
    const change = `${JSON.stringify(before.default)} to ${JSON.stringify(after.default)}`;
    findings.problems.push(`${path}: the default has changed from ${change}`);
  }
  const lost = missing(before.values, after.values);
  if (lost !== null) findings.problems.push(`${path}: no longer allows ${lost}`);
  const gained = missing(after.values, before.values);
  if (gained !== null) {
    findings.warnings.push(`${path}: now allows ${gained}; bring readers up to date before writers`);
  }
}

/** Which of these values the others lack, in words; null where none. No list means that every string is allowed. */
function missing(values: readonly string[] | undefined, others: readonly string[] | undefined): string | null {
  if (others === undefined) return null;
  if (values === undefined) return 'every other string';
  const lacking = values.filter((value) => !others.includes(value));
  return lacking.length === 0 ? null : lacking.join(', ');
}

function resolutionProblems(earlier: AvroType, current: AvroType, path: string): string[] {
  return [
    ...resolutionProblem(current, earlier, `${path}: the current version cannot read the earlier one`),
    ...resolutionProblem(earlier, current, `${path}: the earlier version cannot read the current one`),
  ];
}

function resolutionProblem(reader: AvroType, writer: AvroType, what: string): string[] {
  try {
    compileSchema(reader).createResolver(compileSchema(writer));
    return [];
  } catch (error) {
    return [`${what}: ${messageOf(error)}`];
  }
}

function hasBytes(type: AvroType): boolean {
  return type === 'bytes' || (Array.isArray(type) && type.includes('bytes'));
}

function isRecord(type: AvroType): type is AvroRecord {
  return typeof type === 'object' && 'type' in type && type.type === 'record';
}

function isCollection(type: AvroType): type is Exclude<AvroType, string | AvroRecord | readonly AvroType[]> {
  return typeof type === 'object' && 'type' in type && (type.type === 'array' || type.type === 'map');
}

function contentOf(type: Exclude<AvroType, string | AvroRecord | readonly AvroType[]>): AvroType {
  return type.type === 'array' ? type.items : type.values;
}
