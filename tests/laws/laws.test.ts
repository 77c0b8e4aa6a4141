import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { History } from '../../testing/histories/history.ts';
import { type OperationName, perform, WEIGHTS } from '../../testing/histories/operations.ts';
import type { Proof } from '../../testing/histories/types.ts';
import { readNumber, seedFor } from '../../testing/seeds.ts';

const operation = fc.oneof(
  ...Object.entries(WEIGHTS).map(([name, weight]) => ({ weight, arbitrary: fc.constant(name as OperationName) })),
);
const steps = fc.array(fc.tuple(operation, fc.nat()), { minLength: 10, maxLength: 80 });
const RUNS = readNumber('LAWS_RUNS') ?? 150;

async function violationsOf(
  proof: Proof,
  seed: number,
  history: readonly (readonly [OperationName, number])[],
): Promise<readonly string[]> {
  const subject = new History(seed, proof);
  for (const [name, operationSeed] of history) {
    if (subject.failed) break;
    await perform(subject, name, operationSeed);
  }
  if (!subject.failed) await subject.finish();
  return subject.oracle.violations;
}

describe.each(['absence', 'verdict', 'walks'] as const)('the laws, where an absence is proved by %s', (proof) => {
  it('hold over random histories with faults', async () => {
    const property = fc.asyncProperty(fc.nat(), steps, async (seed, history) => {
      expect(await violationsOf(proof, seed, history)).toEqual([]);
    });
    const seed = seedFor('LAWS_SEED');
    await fc.assert(property, { numRuns: RUNS, seed, endOnFailure: false });
  }, 600_000);
});
