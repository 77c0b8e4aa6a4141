import { CADENCE_MUTANTS } from './cadence-mutants.ts';
import { CONTENT_MUTANTS } from './content-mutants.ts';
import { DECISION_MUTANTS } from './decision-mutants.ts';
import type { Mutant } from './mutant.ts';
import { SNAPSHOT_MUTANTS } from './snapshot-mutants.ts';
import { WALK_MUTANTS } from './walk-mutants.ts';

/** Deliberate breakages of the laws, each of which the simulation has to notice. */
export const MUTANTS: readonly Mutant[] = [
  ...SNAPSHOT_MUTANTS,
  ...WALK_MUTANTS,
  ...DECISION_MUTANTS,
  ...CONTENT_MUTANTS,
  ...CADENCE_MUTANTS,
].sort((a, b) => (a.law ?? Number.POSITIVE_INFINITY) - (b.law ?? Number.POSITIVE_INFINITY));
