import { type HistoryPlan, type HistoryReport, runHistory } from './run-history.ts';

/** Histories that are tried at most: a smaller one is worth a minute, and no more. */
const MOST_TRIES = 400;

export interface Shrunk {
  readonly plan: HistoryPlan;
  readonly report: HistoryReport;
}

/** The fewest steps that still fail, found by leaving out ever smaller parts. Steps have seeds of their own, so the rest stays. */
export async function shrink(plan: HistoryPlan, report: HistoryReport): Promise<Shrunk> {
  let best: Shrunk = { plan, report };
  let tries = 0;
  for (let size = Math.ceil(plan.steps.length / 2); size >= 1 && tries < MOST_TRIES; size = Math.floor(size / 2)) {
    for (let from = 0; from < best.plan.steps.length && tries < MOST_TRIES; ) {
      const steps = best.plan.steps.toSpliced(from, size);
      const smaller = { ...best.plan, steps };
      const tried = await runHistory(smaller);
      tries++;
      if (tried.violations.length > 0) best = { plan: smaller, report: tried };
      else from += size;
    }
  }
  return best;
}
