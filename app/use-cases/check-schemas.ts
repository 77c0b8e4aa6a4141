import { reportSubjects, type SubjectReport } from '../../codec/check-schemas.ts';
import { InputError } from '../../core/errors.ts';
import type { Config } from '../config.ts';

export interface SubjectCheck {
  readonly name: string;
  readonly compatible: boolean;
  readonly version: number;
  readonly problems: readonly string[];
}

/** The schemas of this version against those of the registry, or, without one, against all that were released. */
export async function checkSchemas({ topicPrefix, schemaRegistry }: Config): Promise<readonly SubjectCheck[]> {
  if (schemaRegistry === null) return reportSubjects({ topicPrefix }).map(toCheck);
  const { checkAtRegistry } = await registryOperations();
  return (await checkAtRegistry({ ...schemaRegistry, topicPrefix })).map(toCheck);
}

export interface SubjectRegistration extends SubjectCheck {
  /** now, and not before */
  readonly registered: boolean;
}

/** @throws InputError where there is no registry, or a schema does not fit; then nothing is registered */
export async function registerSchemas({
  topicPrefix,
  schemaRegistry,
}: Config): Promise<readonly SubjectRegistration[]> {
  if (schemaRegistry === null) {
    throw new InputError(
      'there is no schema registry: set SCHEMA_REGISTRY_URL (the embedded log registers schemas by itself)',
    );
  }
  const { registerAtRegistry } = await registryOperations();
  const reports = await registerAtRegistry({ ...schemaRegistry, topicPrefix });
  return reports.map((report) => ({ ...toCheck(report), registered: report.changed }));
}

/** Loaded where there is a registry: its client is a third of what the program loads. */
const registryOperations = () => import('../../codec/registry/register-schemas.ts');

function toCheck({ name, compatible, version, problems }: SubjectReport): SubjectCheck {
  return { name, compatible, version, problems };
}
