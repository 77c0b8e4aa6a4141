import { fork } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mulberry32 } from '../../testing/producer-world.ts';
import { Corpus } from './corpus.ts';
import { Fuzzer, type FuzzReport } from './fuzzer.ts';
import { TARGETS } from './targets.ts';
import { watch } from './watch.ts';

/** What a process of its own is to do: a target that ends its process ends nothing else. */
interface Order {
  readonly name: string;
  readonly seconds: number;
  readonly seed: number;
}

const BAD_USAGE = 2;
const DEFAULT_SECONDS = 60;
const CORPUS = path.join(import.meta.dirname, 'corpus');

if (process.send === undefined) process.exit(await command());
process.on('message', (order: Order) => {
  void work(order).then((sound) => process.exit(sound ? 0 : 1));
});

/** `npm run fuzz -- [TARGET] [--seconds N] [--seed S]`; resolves to the exit status. */
async function command(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string' }, seed: { type: 'string' } },
    allowPositionals: true,
  });
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const names = positionals.length === 0 ? Object.keys(TARGETS) : positionals;
  const unknown = names.find((name) => TARGETS[name] === undefined);
  if (unknown !== undefined) {
    const known = Object.entries(TARGETS).map(([name, { about }]) => `  ${name}: ${about}`);
    return refuse(`there is no target '${unknown}'; there are:\n${known.join('\n')}`);
  }
  if (!(seconds > 0) || !Number.isSafeInteger(seed)) return refuse('--seconds and --seed are numbers');
  process.stdout.write(`--seed ${seed}\n`);
  let status = 0;
  for (const name of names) if ((await inProcess({ name, seconds, seed })) !== 0) status = 1;
  return status;
}

function refuse(message: string): number {
  process.stderr.write(`${message}\n`);
  return BAD_USAGE;
}

function inProcess(order: Order): Promise<number> {
  const child = fork(import.meta.filename);
  child.send(order);
  return new Promise((resolve) => child.once('exit', (status) => resolve(status ?? 1)));
}

/** True when nothing was found. */
async function work({ name, seconds, seed }: Order): Promise<boolean> {
  const target = TARGETS[name];
  if (target === undefined) throw new Error(`there is no target '${name}'`);
  const corpus = new Corpus(CORPUS, name);
  const known = [...corpus.read().values()];
  const subject = await target.open();
  const watching = watch(corpus.folder);
  const fuzzer = new Fuzzer(target, subject, {
    seconds,
    random: mulberry32(seed),
    corpus: known,
    before: watching.before,
  });
  const report = await fuzzer.run();
  const kept = await fuzzer.fewest([...known, ...report.added]);
  if (report.findings.length === 0) corpus.replace(kept);
  tell(name, report, kept);
  for (const { input, error } of report.findings)
    process.stdout.write(`\n${corpus.keepFinding(input)} (${input.length} bytes):\n${error.stack ?? error.message}\n`);
  await watching.close();
  await subject.close();
  return report.findings.length === 0;
}

function tell(name: string, report: FuzzReport, kept: readonly Uint8Array[]): void {
  const { executions, seconds, reachedBefore, reached, findings, slowestMs } = report;
  const bytes = kept.reduce((sum, { length }) => sum + length, 0);
  process.stdout.write(
    `${name}: ${executions} inputs in ${seconds.toFixed(1)} s (${Math.round(executions / seconds)}/s), ` +
      `${reachedBefore} -> ${reached} characters of code reached, corpus ${kept.length} inputs of ${bytes} bytes, ` +
      `slowest ${Math.round(slowestMs)} ms, ${findings.length} findings\n`,
  );
}
