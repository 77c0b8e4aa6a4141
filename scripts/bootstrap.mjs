// Makes a checkout ready to run: dependencies installed, dist/ built. Plain JavaScript without dependencies,
// because it runs before there are any. Everything it prints goes to stderr: stdout belongs to `--json`.
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock-file.mjs';
import { run } from './run.mjs';

export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The top-level folders that tsc compiles, tests included. */
export function sourceFolders() {
  return JSON.parse(readFileSync(inRoot('tsconfig.json'), 'utf8')).include;
}

/** Files that the compiled code reads, or starts as a worker, from beside itself. */
const ASSET_EXTENSIONS = new Set(['.mjs', '.avsc', '.sql', '.html', '.css', '.svg']);

/** Of the console, what Vite makes the build from. */
const CONSOLE_EXTENSIONS = new Set(['.ts', '.tsx', '.js', '.json', '.html', '.css', '.svg']);

const inRoot = (...parts) => path.join(projectRoot, ...parts);
const installStampFile = inRoot('node_modules', '.hoardarr-install');
const buildStampFile = inRoot('dist', '.build-stamp');
/** `PATH`; Windows writes it in its own way, and a copy of the environment has no second name for it. */
const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
const say = (text) => process.stderr.write(`hoardarr: ${text}\n`);

/**
 * Installs and builds where something is missing or out of date; otherwise does nothing, quickly.
 *
 * Safe when several processes start at once: one works, the others wait for it. Ends the process
 * with a message where the set-up fails.
 *
 * @param {{ build?: boolean }} [options] `build: false` only installs
 */
export async function ensureReady({ build = true } = {}) {
  checkNodeVersion();
  const needed = () => ({ install: !isInstalled(), build: build && !isBuilt() });
  const before = needed();
  if (!before.install && !before.build) return;
  const status = await withLock(
    inRoot('.cache', 'bootstrap.lock'),
    async () => {
      // Another process may have done the work while this one waited.
      const now = needed();
      if (now.install) {
        const installStatus = await install();
        if (installStatus !== 0) return installStatus;
      }
      return build && !isBuilt() ? await compile() : 0;
    },
    () => say('another process is setting this checkout up; waiting for it'),
  );
  if (status !== 0) process.exit(status);
}

/** Written by npm itself after each install, so that an install by hand counts too. */
export function writeInstallStamp() {
  writeFileSync(installStampFile, installStamp());
}

function checkNodeVersion() {
  const wanted = [20, 19];
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return;
  say(`Node.js ${wanted.join('.')} or newer is needed, and this is ${process.versions.node} (${process.execPath}).`);
  say('Get a newer one from https://nodejs.org/ or, with nvm, run: nvm install');
  process.exit(1);
}

/** Native modules fit one ABI on one platform, so these belong to the stamp. */
function installStamp() {
  const lock = createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex');
  return `${lock} ${process.versions.modules} ${process.platform} ${process.arch}\n`;
}

function isInstalled() {
  // A packaged copy, such as a container image, has no lock file and brings its own dependencies.
  if (!existsSync(inRoot('package-lock.json'))) return true;
  return readOrEmpty(installStampFile) === installStamp();
}

async function install() {
  say('installing dependencies; a first time takes some minutes where better-sqlite3 has to be compiled');
  rmSync(installStampFile, { force: true });
  const { command, args } = npmCommand();
  const status = await run(command, args.concat('ci', '--no-fund', '--no-audit'), {
    cwd: projectRoot,
    env: { ...process.env, [pathName]: ourNodeFirst(process.env[pathName]) },
    stdio: ['ignore', 2, 2],
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (status === 0) writeInstallStamp();
  else say(`'npm ci' failed with status ${status}; its message is above`);
  return status;
}

/** npm, and what compiles native modules, run on the first Node.js of the path, which need not be this one. */
function ourNodeFirst(searched = '') {
  return `${path.dirname(process.execPath)}${path.delimiter}${searched}`;
}

function npmCommand() {
  const npmCli = process.env['npm_execpath'];
  return npmCli?.endsWith('npm-cli.js') ? { command: process.execPath, args: [npmCli] } : { command: 'npm', args: [] };
}

/** The build is there, and of these sources. */
export function isBuilt() {
  // A packaged copy has no sources.
  if (!existsSync(inRoot('tsconfig.build.json'))) return true;
  return readOrEmpty(buildStampFile) === buildStamp();
}

/** By content, because a git checkout changes times and a copy keeps them. */
function buildStamp() {
  const hash = createHash('sha256');
  const inputs = [...sourceFolders().flatMap(filesBelow).filter(isBuildInput), 'tsconfig.json', 'tsconfig.build.json'];
  inputs.push(...filesBelow('console').filter(isConsoleInput), 'scripts/build-console.mjs');
  for (const file of [...inputs, 'package.json', 'package-lock.json']) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(inRoot(file)))
      .update('\0');
  }
  return `${hash.digest('hex')}\n`;
}

function isBuildInput(file) {
  if (file.startsWith('tests/') || /\.test(-[a-z-]+)?\.ts$/.test(file)) return false;
  return file.endsWith('.ts') || isAsset(file);
}

function isConsoleInput(file) {
  return CONSOLE_EXTENSIONS.has(path.extname(file)) && !/\.test\.tsx?$/.test(file);
}

function isAsset(file) {
  return ASSET_EXTENSIONS.has(path.extname(file));
}

/** Compiles beside dist/ and swaps, so that a failed or interrupted build leaves the last good one. */
async function compile() {
  say('building');
  for (const name of readdirSync(projectRoot)) {
    if (name.startsWith('dist-')) rmSync(inRoot(name), { recursive: true, force: true });
  }
  const stamp = buildStamp();
  const next = inRoot(`dist-${process.pid}`);
  const last = inRoot(`dist-${process.pid}-last`);
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '--project', inRoot('tsconfig.build.json'), '--outDir', next];
  const consoleArgs = [inRoot('scripts', 'build-console.mjs'), path.join(next, 'console')];
  const steps = [
    { what: 'the build', says: 'compiler', args },
    { what: 'the build of the console', says: 'bundler', args: consoleArgs },
  ];
  for (const step of steps) {
    const status = await run(process.execPath, step.args, { cwd: projectRoot, stdio: ['ignore', 2, 2] });
    if (status === 0) continue;
    rmSync(next, { recursive: true, force: true });
    say(`${step.what} failed; the ${step.says}'s message is above`);
    return status;
  }
  for (const file of [...sourceFolders().flatMap(filesBelow).filter(isAsset), 'package.json']) {
    cpSync(inRoot(file), path.join(next, file));
  }
  mkdirSync(next, { recursive: true });
  writeFileSync(path.join(next, '.build-stamp'), stamp);
  if (existsSync(inRoot('dist'))) renameSync(inRoot('dist'), last);
  renameSync(next, inRoot('dist'));
  rmSync(last, { recursive: true, force: true });
  return 0;
}

/** Paths from the root, with forward slashes, in a fixed order. */
function filesBelow(folder) {
  if (!existsSync(inRoot(folder))) return [];
  return (
    readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(projectRoot, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      // A benchmark has packages of its own.
      .filter((file) => !file.includes('/node_modules/'))
      .toSorted()
  );
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
