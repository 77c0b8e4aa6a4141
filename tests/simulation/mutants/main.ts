import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { planHistory, runHistory } from '../run-history.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';
import { type Fate, type Hunt, type Report, runMutant } from './run-mutant.ts';
import { rowOf, tableOf } from './table.ts';

const BAD_USAGE = 2;
const DEFAULT_HISTORIES = 5_000;
/** The table of the docs is that of the histories from here on. */
const DEFAULT_SEED = 1;

if (process.send === undefined) process.exit(await command());
process.on('message', (hunt: Hunt) => {
  void work(hunt).then(() => process.exit(0));
});

/** A worker process, which has a mutant in it: history after history, until one of them is wrong. */
async function work({ first, count }: Hunt): Promise<void> {
  const tell = (report: Report): Promise<void> =>
    new Promise((resolve) => process.send?.(report, undefined, {}, () => resolve()));
  Error.stackTraceLimit = 0;
  for (let n = 0; n < count; n++) {
    await tell({ seed: first + n, violation: null });
    const { violations } = await runHistory(planHistory(first + n));
    const [violation] = violations;
    if (violation === undefined) continue;
    await tell({ seed: first + n, violation });
    return;
  }
}

/** `npm run mutants [-- --only NAME] [--histories N] [--seed S] [--table FILE]`; resolves to the exit status. */
async function command(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      histories: { type: 'string' },
      seed: { type: 'string' },
      table: { type: 'string' },
    },
  });
  const count = Number(values.histories ?? DEFAULT_HISTORIES);
  const first = Number(values.seed ?? DEFAULT_SEED);
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(first))
    return refuse('--histories and --seed are whole numbers');
  const { only } = values;
  const names = MUTANTS.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) return refuse(`there is no mutant '${unknown}'; there are:\n${names.join('\n')}`);
  const mutants = MUTANTS.filter(({ name }) => only === undefined || only.includes(name));
  const fates = await runAll(mutants, { first, count });
  if (values.table !== undefined) writeFileSync(values.table, tableOf(fates, { first, count }));
  const survivors = fates.filter(({ caughtBy }) => caughtBy === null);
  process.stdout.write(`${fates.length} mutants, ${survivors.length} of them survived ${count} histories\n`);
  return survivors.length === 0 ? 0 : 1;
}

/** As many at a time as there are cores; each row is told as soon as it is known. */
async function runAll(mutants: readonly Mutant[], hunt: Hunt): Promise<readonly Fate[]> {
  const fates = new Map<Mutant, Fate>();
  const left = mutants.values();
  const work = async (): Promise<void> => {
    for (const mutant of left) {
      const fate = await runMutant(mutant, hunt);
      process.stdout.write(`${rowOf(fate)}\n`);
      fates.set(mutant, fate);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return mutants.flatMap((mutant) => fates.get(mutant) ?? []);
}

function refuse(why: string): number {
  process.stderr.write(`${why}\nusage: npm run mutants [-- --only NAME] [--histories N] [--seed S] [--table FILE]\n`);
  return BAD_USAGE;
}
