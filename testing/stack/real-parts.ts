import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, it } from '@jest/globals';
import { findChromium } from './find-chromium.ts';

/** The real parts that a distributed suite can ask for. */
export type PartName = 'kafka' | 'registry' | 'couchbase';

/** Names of the environment and their values, as users set them: KAFKA_BROKERS, SCHEMA_REGISTRY_URL, COUCHBASE_URL, … */
export type PartEnvironment = Readonly<Record<string, string>>;

const ADDRESS: Readonly<Record<PartName, string>> = {
  kafka: 'KAFKA_BROKERS',
  registry: 'SCHEMA_REGISTRY_URL',
  couchbase: 'COUCHBASE_URL',
};

const SCRIPTS = path.join(__dirname, '../../scripts/stack');
const START_WITHIN_MS = 300_000;

/**
 * A suite on real parts: those that the environment names, else parts that are started from Maven, else from images, once for
 * a run of Jest. Where there are none, all its tests are skipped, and the reason is printed; with HOARDARR_REQUIRE_STACK=1 that
 * fails.
 *
 * @param body gets how to reach the parts, which is known only once tests run
 */
export function describeWithParts(
  name: string,
  parts: readonly PartName[],
  body: (environment: () => PartEnvironment) => void,
): void {
  let environment: PartEnvironment = {};
  describeUnlessLacking(name, whatIsLacking(parts), () => {
    beforeAll(async () => {
      environment = await startParts(parts);
    }, START_WITHIN_MS);
    body(() => environment);
  });
}

/** A suite that starts parts of its own with startOwnParts, as several processes or to end them: that needs Maven. */
export function describeWithProcesses(name: string, body: () => void): void {
  const needs = 'needs Java 17 and Maven, to start parts as processes of its own';
  describeUnlessLacking(name, startedFrom() === 'maven' ? null : needs, body);
}

/** A suite that drives the console in a real browser. */
export function describeWithChromium(name: string, body: () => void): void {
  const needs = 'needs Chromium: apt-get install chromium, or HOARDARR_CHROMIUM=FILE';
  describeUnlessLacking(name, findChromium() === null ? needs : null, body);
}

function describeUnlessLacking(name: string, lacking: string | null, body: () => void): void {
  if (lacking === null) {
    describe(name, body);
    return;
  }
  if (given()['HOARDARR_REQUIRE_STACK'] === '1') {
    it(`${name}: has the parts that it needs`, () => {
      throw new Error(`${lacking}, and HOARDARR_REQUIRE_STACK is set`);
    });
    return;
  }
  process.stderr.write(`skipped: ${name}: ${lacking}\n`);
  // oxlint-disable-next-line jest/no-disabled-tests -- the one place where tests may be skipped, with a reason and counted
  describe.skip(`${name} (skipped: ${lacking})`, body);
}

/**
 * Starts parts for the tests of one file alone, say, brokers that it stops, and resolves to how to reach them. They end with
 * the run of Jest at the latest.
 *
 * @param stateDir a folder of the caller: its PART.json tells the processes
 */
export async function startOwnParts(
  parts: readonly PartName[],
  stateDir: string,
  ...flags: readonly string[]
): Promise<PartEnvironment> {
  const args = [
    path.join(SCRIPTS, 'up.mjs'),
    ...parts,
    '--state-dir',
    stateDir,
    '--while',
    process.env['TEST_STACK_WHILE'] ?? '',
    ...(startedFrom() === 'docker' ? ['--docker', '1'] : []),
    ...flags,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const lines = stdout.split('\n').filter((line) => line.startsWith('export '));
  return Object.fromEntries(lines.map((line) => line.slice('export '.length).split(/=(.*)/s, 2)));
}

/** Ends parts that startOwnParts has started, and removes the folder. */
export async function endOwnParts(stateDir: string): Promise<void> {
  await promisify(execFile)(process.execPath, [path.join(SCRIPTS, 'down.mjs'), '--state-dir', stateDir]);
  rmSync(stateDir, { recursive: true, force: true });
}

async function startParts(parts: readonly PartName[]): Promise<PartEnvironment> {
  // How to reach the parts, and not what a run asks of the tests: it goes to the programs under test.
  const { HOARDARR_REQUIRE_STACK: _, ...known } = given();
  const missing = parts.filter((part) => known[ADDRESS[part]] === undefined);
  const started = missing.length === 0 ? {} : await startOwnParts(missing, process.env['TEST_STACK_DIR'] ?? '');
  return { ...known, ...started };
}

/** Null where every part is there, or can be started. */
function whatIsLacking(parts: readonly PartName[]): string | null {
  const known = given();
  const missing = parts.map((part) => ADDRESS[part]).filter((address) => known[address] === undefined);
  if (missing.length === 0 || startedFrom() !== null) return null;
  return `needs ${missing.join(' and ')}, or Java 17 and Maven, or Docker, to start the parts`;
}

/** Where parts come from that the environment does not name. `npm run test:containers` asks for images. */
function startedFrom(): 'maven' | 'docker' | null {
  if (process.env['TEST_STACK_FROM'] === 'docker') return 'docker';
  if (['java', 'mvn'].every(isOnPath)) return 'maven';
  return existsSync('/var/run/docker.sock') || process.env['DOCKER_HOST'] !== undefined ? 'docker' : null;
}

/** What the environment of the run says of the stack: scripts/stack/test-run-setup.mjs put it aside. */
function given(): PartEnvironment {
  return JSON.parse(process.env['TEST_STACK_GIVEN'] ?? '{}') as PartEnvironment;
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
