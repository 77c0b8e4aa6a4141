import { parseArgs } from 'node:util';
import { messageOf } from '../../core/errors.ts';
import { arePackagesInstalled, type Entrant, entrants } from './contenders.ts';
import { EXPORT_FAULTS } from './faults/export-faults.ts';
import type { Fault } from './faults/fault.ts';
import { LISTING_FAULTS, WAY_FAULTS } from './faults/listing-faults.ts';
import { markdownOf, type Report, type Result, sum } from './report.ts';
import { runHistory } from './run-history.ts';

const BAD_USAGE = 2;
const DEFAULT_HISTORIES = 3;
const DEFAULT_SEED = 1;
const FAULTS: readonly Fault[] = [...LISTING_FAULTS, ...WAY_FAULTS, ...EXPORT_FAULTS];
const USAGE =
  'npm run reconcile-bench -- [--histories N] [--seed S] [--fault WORDS] [--contender NAME] [--json] [--no-packages]';

interface Wanted {
  readonly histories: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly contenders: readonly Entrant[];
  readonly isJson: boolean;
}

process.exit(await command());

async function command(): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = await readArguments();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nusage: ${USAGE}\n`);
    return BAD_USAGE;
  }
  const report = await runAll(wanted);
  const text = wanted.isJson ? `${JSON.stringify(report, null, 2)}\n` : markdownOf(report);
  await new Promise((resolve) => process.stdout.write(text, resolve));
  return 0;
}

async function runAll({ histories, seed, faults, contenders }: Wanted): Promise<Report> {
  const results: Result[] = [];
  for (const entrant of contenders) {
    const since = performance.now();
    for (const fault of faults) {
      const outcomes = [];
      for (let n = 0; n < histories; n++) outcomes.push(await runHistory(entrant, fault, seedOf(seed, fault, n)));
      results.push({ contender: entrant.name, fault: fault.name, outcome: sum(outcomes) });
    }
    process.stderr.write(`${entrant.name}: ${((performance.now() - since) / 1000).toFixed(1)} s\n`);
  }
  return { seed, histories, contenders, faults, results };
}

/** Of its own for each history, and the same for all contenders. */
function seedOf(seed: number, fault: Fault, n: number): number {
  return seed * 1_000_003 + FAULTS.indexOf(fault) * 1_009 + n;
}

async function readArguments(): Promise<Wanted> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string' },
      seed: { type: 'string' },
      fault: { type: 'string' },
      contender: { type: 'string' },
      json: { type: 'boolean' },
      'no-packages': { type: 'boolean' },
    },
  });
  const withPackages = values['no-packages'] !== true;
  if (withPackages && !arePackagesInstalled())
    throw new Error('the packages are not installed: npm ci in bench/reconcile-bench, or say --no-packages');
  const { fault = '', contender = '' } = values;
  const faults = FAULTS.filter(({ name }) => name.includes(fault));
  const contenders = (await entrants(withPackages)).filter(({ name }) => name.includes(contender));
  if (faults.length === 0)
    throw new Error(`no fault has '${fault}' in its name:\n${FAULTS.map(({ name }) => name).join('\n')}`);
  if (contenders.length === 0) throw new Error(`no contender has '${contender}' in its name`);
  return {
    histories: numberFrom(values.histories, DEFAULT_HISTORIES),
    seed: numberFrom(values.seed, DEFAULT_SEED),
    faults,
    contenders,
    isJson: values.json === true,
  };
}

function numberFrom(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`not a number from 1 to 999999: ${text}`);
  return Number(text);
}
