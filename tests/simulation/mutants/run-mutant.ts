import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { forkWorker } from '../worker.ts';
import { type Mutant, mutate } from './mutant.ts';

/** The histories in which a mutant is looked for. */
export interface Hunt {
  readonly first: number;
  readonly count: number;
}

/** What the process with the mutant tells: a history begins, or was wrong. */
export interface Report {
  readonly seed: number;
  readonly violation: string | null;
}

export interface Fate {
  readonly mutant: Mutant;
  /** seed of the history; null: it survived */
  readonly caughtBy: number | null;
  /** what the oracle said first */
  readonly violation: string;
  readonly histories: number;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const REGISTER = new URL('./register.mjs', import.meta.url).href;
/** A history takes a tenth of a second: one that takes so long hangs. */
const HISTORY_LIMIT_MS = 180_000;

/**
 * Runs histories with the mutant in the program until one of them is wrong, and is right without it. The checkout stays as it is.
 */
export async function runMutant(mutant: Mutant, { first, count }: Hunt): Promise<Fate> {
  const put = putOf(mutant);
  const end = first + count;
  for (let from = first; from < end; ) {
    const caught = await hunt(mutant.name, put, { first: from, count: end - from });
    if (caught === null) break;
    const { seed, violation } = caught;
    if ((await hunt('none', null, { first: seed, count: 1 })) === null)
      return { mutant, caughtBy: seed, violation, histories: seed - first + 1 };
    process.stderr.write(`history ${seed} is wrong without any mutant, and proves nothing\n`);
    from = seed + 1;
  }
  return { mutant, caughtBy: null, violation: '', histories: count };
}

/** This very command once more, with the mutant in the program; resolves to its exit status. */
export async function runAgainWith(mutant: Mutant): Promise<number> {
  const args = [...process.execArgv, '--import', REGISTER, ...process.argv.slice(1)];
  const env = { ...process.env, SIMULATION_MUTANT: putOf(mutant) };
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** Processes with a mutant know of it. */
export const hasMutant = (): boolean => (process.env['SIMULATION_MUTANT'] ?? '') !== '';

function putOf(mutant: Mutant): string {
  const file = path.join(ROOT, mutant.file);
  return JSON.stringify({ url: pathToFileURL(file).href, source: mutate(mutant, readFileSync(file, 'utf8')) });
}

/** The first history that is wrong; null: none is. */
async function hunt(
  name: string,
  put: string | null,
  histories: Hunt,
): Promise<{ readonly seed: number; readonly violation: string } | null> {
  const child = start(put);
  let last: Report = { seed: histories.first, violation: null };
  let isHanging = false;
  const hang = (): void => {
    isHanging = true;
    child.kill('SIGKILL');
  };
  let watchdog = setTimeout(hang, HISTORY_LIMIT_MS);
  child.on('message', (report) => {
    last = report as Report;
    clearTimeout(watchdog);
    watchdog = setTimeout(hang, HISTORY_LIMIT_MS);
  });
  child.send(histories);
  const ended = await new Promise<number | string | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code)),
  );
  clearTimeout(watchdog);
  const { seed, violation } = last;
  if (violation !== null) return { seed, violation };
  if (isHanging) return { seed, violation: 'it does not come to rest' };
  if (ended !== 0) throw new Error(`with the mutant '${name}' the process ended in history ${seed}: ${ended}`);
  return null;
}

function start(put: string | null): ChildProcess {
  return forkWorker({ SIMULATION_MUTANT: put ?? '' }, put === null ? [] : ['--import', REGISTER]);
}
