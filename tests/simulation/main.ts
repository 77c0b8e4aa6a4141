import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { FAULTS } from './faults.ts';
import { MUTANTS } from './mutants/mutants.ts';
import { hasMutant, runAgainWith } from './mutants/run-mutant.ts';
import { planHistory, runHistory } from './run-history.ts';
import { shrink } from './shrink.ts';
import { tooSeldom } from './situations.ts';
import { addReport, addSummary, newSummary, type Summary, tell } from './summary.ts';
import { tellFailure, tellRecords } from './tell-failure.ts';
import { forkWorker } from './worker.ts';

/** What a worker process is to do: every `stride`th history. */
interface Share {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  readonly fault: string | null;
}

/** Histories of a process that are summed up before it tells of them. */
const TOLD_AT_ONCE = 50;
const TOLD_EVERY_MS = 30_000;
const BAD_USAGE = 2;
const DEFAULT_HISTORIES = 2_000;

if (process.send === undefined) process.exit(await command());
process.on('message', (share: Share) => {
  void work(share).then(() => process.exit(0));
});

/** Sends summaries of some histories each. */
async function work({ first, count, stride, fault }: Share): Promise<void> {
  // A tenth of the time was stacks of errors that nobody reads. Whoever repeats a seed gets them.
  Error.stackTraceLimit = 0;
  for (let n = 0; n < count; ) {
    const summary = newSummary();
    for (const end = Math.min(n + TOLD_AT_ONCE, count); n < end; n++) {
      const seed = first + n * stride;
      addReport(summary, seed, await runHistory(planHistory(seed, fault)));
    }
    await new Promise((told) => process.send?.(summary, undefined, {}, told));
  }
}

/** `npm run simulate -- --histories N [--seed S] [--fault NAME] [--mutant NAME] [--records]`; resolves to the exit status. */
async function command(): Promise<number> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string' },
      seed: { type: 'string' },
      fault: { type: 'string' },
      mutant: { type: 'string' },
      records: { type: 'boolean', default: false },
    },
  });
  const histories = Number(values.histories ?? DEFAULT_HISTORIES);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const fault = values.fault ?? null;
  if (!Number.isSafeInteger(histories) || histories < 1 || !Number.isSafeInteger(seed))
    return refuse('--histories and --seed are whole numbers');
  if (fault !== null && FAULTS[fault] === undefined)
    return refuse(`there is no fault '${fault}'; there are:\n${Object.keys(FAULTS).join('\n')}`);
  const mutant = MUTANTS.find(({ name }) => name === values.mutant);
  if (values.mutant !== undefined && mutant === undefined)
    return refuse(`there is no mutant '${values.mutant}'; there are:\n${MUTANTS.map(({ name }) => name).join('\n')}`);
  if (mutant !== undefined && !hasMutant()) return await runAgainWith(mutant);
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
  const alone = Object.entries({ fault: values.fault, mutant: values.mutant })
    .map(([option, name]) => (name === undefined ? '' : ` --${option} "${name}"`))
    .join('');
  for (const each of summary.failures)
    process.stdout.write(`  --histories 1 --seed ${each.seed}${alone}: ${each.violations[0]}\n`);
  const plan = planHistory(failure.seed, fault);
  const smallest = await shrink(plan, await runHistory(plan));
  process.stdout.write(
    `\nthe smallest failing history of ${failure.seed} (${plan.kind}), ${smallest.plan.steps.length} steps:\n` +
      `${tellFailure(smallest)}\n`,
  );
  if (values.records) process.stdout.write(`\neverything that it wrote:\n${tellRecords(smallest.report.evidence)}\n`);
  return 1;
}

function refuse(why: string): number {
  process.stderr.write(
    `${why}\nusage: npm run simulate -- --histories N [--seed S] [--fault NAME] [--mutant NAME] [--records]\n`,
  );
  return BAD_USAGE;
}

async function inParallel(histories: number, seed: number, fault: string | null): Promise<Summary> {
  const summary = newSummary();
  const since = performance.now();
  const said = setInterval(() => {
    const rate = (summary.histories / (performance.now() - since)) * 1_000;
    const failed = summary.failures.map((failure) => failure.seed).join(' ');
    process.stderr.write(`${summary.histories} of ${histories} histories, ${rate.toFixed(1)}/s, failed: ${failed}\n`);
  }, TOLD_EVERY_MS);
  const workers = Math.min(availableParallelism(), histories);
  const shares = Array.from({ length: workers }, (_, n): Share => {
    return { first: seed + n, count: Math.ceil((histories - n) / workers), stride: workers, fault };
  });
  await Promise.all(shares.map((share) => runShare(share, (part) => addSummary(summary, part))));
  clearInterval(said);
  return summary;
}

async function runShare(share: Share, onPart: (part: Summary) => void): Promise<void> {
  const child = forkWorker();
  child.on('message', (part) => onPart(part as Summary));
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`a worker ended with ${signal ?? code}`));
    });
    child.send(share);
  });
}
