// `serve-part.mjs PART STATE_DIR [--port N] [--nodes N] [--secure 1] [--docker 1] [--while PID]`: runs one part of the stack until SIGTERM, or
// until the process PID is gone. When the part is ready, STATE_DIR/PART.json says where it is and which processes it has.
import { spawn } from 'node:child_process';
import { openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { run } from '../run.mjs';
import { fetchPart } from './fetch-part.mjs';
import { makeWorkDir, programOf } from './programs.mjs';

const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 100;
const WATCH_EVERY_MS = 1_000;
const STOP_WITHIN_MS = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['port', 'nodes', 'secure', 'docker', 'while'].map((name) => [name, { type: 'string' }])),
});
const [part, stateDir] = positionals;
const stateFile = path.join(stateDir, `${part}.json`);
const children = [];
let container = null;
let ending = null;

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void end(0));
if (values.while !== undefined) watch(Number(values.while));
try {
  await (values.docker === undefined ? serve() : serveContainer());
} catch (error) {
  process.stderr.write(`stack: ${part} did not start: ${error.message}\n`);
  await end(1);
}

async function serve() {
  const folder = await fetchPart(part);
  const workDir = makeWorkDir(stateDir, part);
  const numbers = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));
  const program = await programOf(part, { ...numbers, folder, workDir });
  const logFile = path.join(workDir, 'output.log');
  const log = openSync(logFile, 'a');
  const stdio = ['ignore', log, log];
  for (const { before } of program.processes) {
    for (const args of before) if ((await run('java', args, { stdio })) !== 0) throw new Error(tail(logFile));
  }
  for (const { args } of program.processes) start(args, stdio, workDir);
  await untilReady(program, logFile);
  const processes = children.map(({ child, args }) => ({ pid: child.pid, args }));
  writeState({ processes, workDir, environment: await program.environment() });
}

async function serveContainer() {
  const impossible = ['nodes', 'secure'].filter((name) => values[name] !== undefined);
  if (impossible.length > 0) throw new Error(`--docker goes without --${impossible.join(' and --')}`);
  const { startContainer } = await import('./containers.mjs');
  container = await startContainer(part, values.port === undefined ? {} : { port: Number(values.port) });
  writeState({ processes: [], workDir: makeWorkDir(stateDir, part), environment: container.environment });
  // No child keeps this process here, and with it would go who ends the container.
  setInterval(() => undefined, WATCH_EVERY_MS);
}

/** Renamed into place, so that who reads it reads all of it. */
function writeState(state) {
  writeFileSync(`${stateFile}.draft`, `${JSON.stringify({ part, supervisor: process.pid, ...state }, null, 2)}\n`);
  renameSync(`${stateFile}.draft`, stateFile);
}

function start(args, stdio, cwd) {
  const child = spawn('java', args, { stdio, cwd });
  children.push({ child, args });
}

async function untilReady(program, logFile) {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await program.isReady().catch(() => false))) {
    if (children.some(({ child }) => child.exitCode !== null)) throw new Error(`it ended by itself:\n${tail(logFile)}`);
    if (performance.now() > deadline) throw new Error(`it was not ready in time:\n${tail(logFile)}`);
    await sleep(LOOK_EVERY_MS);
  }
}

function tail(file) {
  return readFileSync(file, 'utf8').slice(-2_000);
}

/** So that nothing stays behind when who needed it was killed. */
function watch(pid) {
  setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch {
      void end(0);
    }
  }, WATCH_EVERY_MS);
}

function end(status) {
  ending ??= stopAll().then(() => {
    rmSync(stateFile, { force: true });
    process.exit(status);
  });
  return ending;
}

/** In the end without asking: nothing of what they hold is kept. */
async function stopAll() {
  await container?.stop();
  const running = children
    .map(({ child }) => child)
    .filter((child) => child.exitCode === null && child.signalCode === null);
  const ended = Promise.all(running.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  for (const child of running) child.kill('SIGTERM');
  const stopped = await Promise.race([ended.then(() => true), sleep(STOP_WITHIN_MS, false)]);
  if (!stopped) for (const child of running) child.kill('SIGKILL');
}
