import { reportSubjects } from '../../codec/check-schemas.ts';

export interface SubjectCheck {
  readonly name: string;
  readonly compatible: boolean;
  readonly version: number;
  readonly problems: readonly string[];
}

/** The schemas of this version against all that were released. */
export function checkReleasedSchemas(topicPrefix: string): readonly SubjectCheck[] {
  return reportSubjects({ topicPrefix }).map(({ name, compatible, version, problems }) => ({
    name,
    compatible,
    version,
    problems,
  }));
}
