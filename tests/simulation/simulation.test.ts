import { describe, expect, it } from '@jest/globals';
import { readNumber, seedFor } from '../../testing/seeds.ts';
import { FAULTS } from './faults.ts';
import { OPERATIONS } from './operations.ts';
import { REGRESSIONS } from './regressions.ts';
import { type HistoryPlan, planHistory, runHistory } from './run-history.ts';
import { shrink } from './shrink.ts';
import { addReport, newSummary, tell } from './summary.ts';
import { tellFailure } from './tell-failure.ts';

const HISTORIES = readNumber('SIMULATION_HISTORIES') ?? 100;
const LIMIT_MS = 600_000;

async function expectSound(plan: HistoryPlan): Promise<void> {
  const report = await runHistory(plan);
  if (report.violations.length === 0) return;
  const smallest = await shrink(plan, report);
  throw new Error(
    `history ${plan.seed} (${plan.kind}) fails, also with these ${smallest.plan.steps.length} of its steps:\n` +
      tellFailure(smallest),
  );
}

describe('the whole topology, over histories with faults', () => {
  it(
    'removes nothing wrongly, loses nothing, and converges',
    async () => {
      const seed = seedFor('SIMULATION_SEED');
      const summary = newSummary();
      for (let n = 0; n < HISTORIES; n++) {
        const report = await runHistory(planHistory(seed + n));
        addReport(summary, seed + n, report);
        if (report.violations.length > 0) await expectSound(planHistory(seed + n));
      }
      process.stdout.write(`${tell(summary, 1).replace(/^.*\n/, '')}\n`);
      // What it is for was really reached.
      for (const situation of ['removed by verdict', 'removed by absence', 'rebuilt'])
        expect({ [situation]: summary.reached[situation] ?? 0 }).not.toEqual({ [situation]: 0 });
      expect(Object.keys(summary.faults).length).toBeGreaterThan(0.8 * Object.keys(FAULTS).length);
    },
    LIMIT_MS,
  );

  it.each(Object.entries(REGRESSIONS))('still holds where it once did not: %s', async (_, plan) => {
    await expectSound(plan);
  });

  it('comes from its seed alone', async () => {
    const plan = planHistory(20_001);
    const [one, two] = [await runHistory(plan), await runHistory(plan)];
    // Ids of runs are drawn by the platform.
    const traceOf = ({ trace }: typeof one): string => trace.join('\n').replace(/[0-9a-f-]{36}/g, '');
    expect(traceOf(two)).toBe(traceOf(one));
  });

  it('knows what each step of a history is', () => {
    const names = new Set([...Object.keys(FAULTS), ...Object.keys(OPERATIONS)]);
    for (let seed = 0; seed < 20; seed++) for (const { name } of planHistory(seed).steps) expect(names).toContain(name);
  });
});
