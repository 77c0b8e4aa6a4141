import type { HistoryReport } from './run-history.ts';

/** A history that failed. */
export interface Failure {
  readonly seed: number;
  readonly violations: readonly string[];
}

/** What many histories came to. */
export interface Summary {
  histories: number;
  steps: number;
  faults: Record<string, number>;
  reached: Record<string, number>;
  removals: { true: number; wrong: number; missed: number; forged: number };
  lost: number;
  embeddings: { necessary: number; made: number };
  failures: Failure[];
}

export function newSummary(): Summary {
  return {
    histories: 0,
    steps: 0,
    faults: {},
    reached: {},
    removals: { true: 0, wrong: 0, missed: 0, forged: 0 },
    lost: 0,
    embeddings: { necessary: 0, made: 0 },
    failures: [],
  };
}

export function addReport(summary: Summary, seed: number, report: HistoryReport): void {
  summary.histories++;
  summary.steps += report.steps;
  addCounts(summary.faults, report.faults);
  addCounts(summary.reached, report.reached);
  summary.lost += report.lost;
  addCounts(summary.removals, report.removals);
  addCounts(summary.embeddings, report.embeddings);
  if (report.violations.length > 0) summary.failures.push({ seed, violations: report.violations });
}

export function addSummary(summary: Summary, other: Summary): void {
  summary.histories += other.histories;
  summary.steps += other.steps;
  addCounts(summary.faults, other.faults);
  addCounts(summary.reached, other.reached);
  summary.lost += other.lost;
  addCounts(summary.removals, other.removals);
  addCounts(summary.embeddings, other.embeddings);
  summary.failures.push(...other.failures);
}

/** As people read it. */
export function tell(summary: Summary, seconds: number): string {
  const { histories, steps, removals, lost, embeddings } = summary;
  const counted = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `  ${String(count).padStart(8)}  ${name}`)
      .join('\n');
  return [
    `${histories} histories, ${steps} steps, ${seconds.toFixed(0)} s (${(histories / seconds).toFixed(1)}/s)`,
    `removals: ${removals.true} true, ${removals.wrong} wrong, ${removals.missed} missed, ${removals.forged} by exports that were made up`,
    `items lost: ${lost}`,
    `embeddings: ${embeddings.made} made, ${embeddings.necessary} necessary`,
    'faults injected:',
    counted(summary.faults),
    'situations reached:',
    counted(summary.reached),
    `failed: ${summary.failures.length}`,
  ].join('\n');
}

function addCounts(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
}
