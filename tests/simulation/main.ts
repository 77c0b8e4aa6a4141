import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { FAULTS } from './faults.ts';
import { planHistory, runHistory } from './run-history.ts';
import { shrink } from './shrink.ts';
import { tooSeldom } from './situations.ts';
import { addReport, addSummary, newSummary, type Summary, tell } from './summary.ts';
import { forkWorker } from './worker.ts';

/** What a worker process is to do: every `stride`th history. */
interface Share {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  readonly fault: string | null;
}

const BAD_USAGE = 2;
const DEFAULT_HISTORIES = 2_000;

if (process.send === undefined) process.exit(await command());
process.on('message', (share: Share) => {
  void work(share).then((summary) => process.send?.(summary, undefined, {}, () => process.exit(0)));
});

async function work({ first, count, stride, fault }: Share): Promise<Summary> {
  // A tenth of the time was stacks of errors that nobody reads. Whoever repeats a seed gets them.
  Error.stackTraceLimit = 0;
  const summary = newSummary();
  for (let n = 0; n < count; n++) {
    const seed = first + n * stride;
    addReport(summary, seed, await runHistory(planHistory(seed, fault)));
  }
  return summary;
}

/** `npm run simulate -- --histories N [--seed S] [--fault NAME]`; resolves to the exit status. */
async function command(): Promise<number> {
  const { values } = parseArgs({
    options: { histories: { type: 'string' }, seed: { type: 'string' }, fault: { type: 'string' } },
  });
  const histories = Number(values.histories ?? DEFAULT_HISTORIES);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const fault = values.fault ?? null;
  if (!Number.isSafeInteger(histories) || histories < 1 || !Number.isSafeInteger(seed))
    return refuse('--histories and --seed are whole numbers');
  if (fault !== null && FAULTS[fault] === undefined)
    return refuse(`there is no fault '${fault}'; there are:\n${Object.keys(FAULTS).join('\n')}`);
  process.stdout.write(`--seed ${seed}\n`);
  const since = performance.now();
  const summary = await inParallel(histories, seed, fault);
  process.stdout.write(`${tell(summary, (performance.now() - since) / 1_000)}\n`);
  const [failure] = summary.failures.sort((a, b) => a.seed - b.seed);
  if (failure === undefined) {
    const seldom = fault === null ? tooSeldom(summary) : [];
    for (const each of seldom) process.stdout.write(`${each}\n`);
    return seldom.length === 0 ? 0 : 1;
  }
  for (const each of summary.failures)
    process.stdout.write(`  --histories 1 --seed ${each.seed}: ${each.violations[0]}\n`);
  const plan = planHistory(failure.seed, fault);
  const smallest = await shrink(plan, await runHistory(plan));
  process.stdout.write(
    `\nthe smallest failing history of ${failure.seed} (${plan.kind}), ${smallest.plan.steps.length} steps:\n` +
      `${smallest.report.trace.join('\n')}\n${smallest.report.violations.join('\n')}\n`,
  );
  return 1;
}

function refuse(why: string): number {
  process.stderr.write(`${why}\nusage: npm run simulate -- --histories N [--seed S] [--fault NAME]\n`);
  return BAD_USAGE;
}

async function inParallel(histories: number, seed: number, fault: string | null): Promise<Summary> {
  const summary = newSummary();
  const workers = Math.min(availableParallelism(), histories);
  const shares = Array.from({ length: workers }, (_, n): Share => {
    return { first: seed + n, count: Math.ceil((histories - n) / workers), stride: workers, fault };
  });
  for (const part of await Promise.all(shares.map(runShare))) addSummary(summary, part);
  return summary;
}

async function runShare(share: Share): Promise<Summary> {
  const child = forkWorker();
  return await new Promise((resolve, reject) => {
    child.once('message', (summary) => resolve(summary as Summary));
    child.once('exit', (code, signal) => reject(new Error(`a worker ended with ${signal ?? code}`)));
    child.send(share);
  });
}
