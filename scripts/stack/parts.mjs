// Parts of the stack that run in the background: started at most once for a state folder, found again, stopped by process id.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withLock } from '../lock-file.mjs';

const SERVE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'serve-part.mjs');
const LOOK_EVERY_MS = 50;
const STOP_WITHIN_MS = 20_000;

/**
 * Starts a part unless it runs, and resolves to its state when it is ready.
 *
 * @param {string} part
 * @param {string} stateDir
 * @param {{ port?: number, nodes?: number, secure?: number, docker?: number, whilePid?: number }} [options]
 * @returns {Promise<{ supervisor: number, processes: { pid: number, args: string[] }[], workDir: string, environment: Record<string, string> }>}
 */
export async function ensurePart(part, stateDir, options = {}) {
  mkdirSync(stateDir, { recursive: true });
  return await withLock(path.join(stateDir, `${part}.lock`), async () => {
    return runningPart(part, stateDir) ?? (await startPart(part, stateDir, options));
  });
}

/** The state of a part that runs, or null. */
export function runningPart(part, stateDir) {
  const file = path.join(stateDir, `${part}.json`);
  if (!existsSync(file)) return null;
  const state = JSON.parse(readFileSync(file, 'utf8'));
  return isOurs(state.supervisor) ? state : null;
}

async function startPart(part, stateDir, { port, nodes, secure, docker, whilePid }) {
  const stateFile = path.join(stateDir, `${part}.json`);
  // A supervisor that was killed may have left its processes behind.
  await stopPart(part, stateDir);
  const flags = Object.entries({ port, nodes, secure, docker, while: whilePid }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const logFile = path.join(stateDir, `${part}.log`);
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [SERVE, part, stateDir, ...flags], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  // It says in its log why it ended, and ends by itself where it is not ready in time.
  while (!existsSync(stateFile)) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(readFileSync(logFile, 'utf8').trim());
    await sleep(LOOK_EVERY_MS);
  }
  child.unref();
  return JSON.parse(readFileSync(stateFile, 'utf8'));
}

/** Stops a part, and removes what it wrote. False where it did not run. */
export async function stopPart(part, stateDir) {
  const file = path.join(stateDir, `${part}.json`);
  if (!existsSync(file)) return false;
  const { supervisor, processes, workDir } = JSON.parse(readFileSync(file, 'utf8'));
  const pids = [supervisor, ...processes.map(({ pid }) => pid)].filter(isOurs);
  for (const pid of pids) signal(pid, 'SIGTERM');
  const deadline = performance.now() + STOP_WITHIN_MS;
  while (pids.some(isOurs) && performance.now() < deadline) await sleep(LOOK_EVERY_MS);
  for (const pid of pids.filter(isOurs)) signal(pid, 'SIGKILL');
  rmSync(file, { force: true });
  rmSync(workDir, { recursive: true, force: true });
  return pids.length > 0;
}

/** A process that is gone may have left its number to another: where the system tells, its command line is looked at. */
function isOurs(pid) {
  try {
    process.kill(pid, 0);
    const commandLine = `/proc/${pid}/cmdline`;
    return (
      !existsSync('/proc/self/cmdline') ||
      /serve-part\.mjs|kafka|apicurio|couchbase/i.test(readFileSync(commandLine, 'utf8'))
    );
  } catch {
    return false;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
