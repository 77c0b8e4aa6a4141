import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { projectRoot } from './source-files.ts';

/** What the checkers read beside the sources; without these a canary would prove another configuration. */
const CONFIGURATION = [
  'tsconfig.json',
  'console/tsconfig.json',
  '.oxlintrc.json',
  'biome.json',
  'knip.json',
  '.gitignore',
];

const HEALTHY: Readonly<Record<string, string>> = {
  'package.json': '{\n  "name": "canary",\n  "type": "module"\n}\n',
  'cli/main.ts': "import { greet } from '../app/greet.ts';\n\nexport const greeting: string = greet('you');\n",
  'console/src/main.tsx': 'export const page = <p>hello</p>;\n',
  'app/greet.ts': 'export function greet(name: string): string {\n  return `hello ${name}`;\n}\n',
};

interface Canary {
  readonly checker: string;
  readonly file: string;
  readonly text: string;
  /** what the checker has to say, so that it does not fail for another reason */
  readonly says: RegExp;
}

const canaries: readonly Canary[] = [
  { checker: 'types', file: 'app/bad.ts', text: "export const count: number = 'one';\n", says: /TS2322/ },
  {
    checker: 'types',
    file: 'app/bad.test.ts',
    text: 'export const first: string = ([] as string[])[0];\n',
    says: /TS2322/,
  },
  {
    checker: 'lint',
    file: 'app/bad.ts',
    text: 'async function save(): Promise<void> {}\n\nexport function stop(): void {\n  save();\n}\n',
    says: /no-floating-promises/,
  },
  { checker: 'lint', file: 'app/bad.ts', text: 'export const it: any = 1;\n', says: /no-explicit-any/ },
  { checker: 'format', file: 'app/bad.ts', text: 'export const a = {b:"c"}\n', says: /format/i },
  {
    checker: 'types',
    file: 'console/src/bad.tsx',
    text: "export const width: number = document.title + '';\n",
    says: /TS2322/,
  },
  {
    checker: 'lint',
    file: 'console/src/bad.tsx',
    text: 'export const picture = <img src="a.png" />;\n',
    says: /alt-text/,
  },
  { checker: 'unused', file: 'app/bad.ts', text: 'export const nobody = 1;\n', says: /Unused files[\s\S]*bad\.ts/ },
];

/** For each rule on what may be imported from outside, a file that breaks it. */
const foreigners: readonly { rule: string; file: string; text: string }[] = [
  { rule: 'core-is-pure', file: 'core/a.ts', text: "export { greet } from '../app/greet.ts';\n" },
  {
    rule: 'core-is-pure',
    file: 'core/b.ts',
    text: "import type { Stats } from 'node:fs';\n\nexport type A = Stats;\n",
  },
  { rule: 'core-is-pure', file: 'core/c.ts', text: "export { z } from 'zod';\n" },
  { rule: 'adapters-point-inward', file: 'search/a.ts', text: "export { greet } from '../app/greet.ts';\n" },
  { rule: 'app-below-interfaces', file: 'app/a.ts', text: "export { greeting } from '../cli/main.ts';\n" },
  { rule: 'vendor-at-home: better-sqlite3', file: 'sinks/sqlite/a.ts', text: "import 'better-sqlite3';\n" },
  { rule: 'vendor-at-home: openai', file: 'app/b.ts', text: "export type { OpenAI } from 'openai';\n" },
  { rule: 'vendor-needs-a-home', file: 'app/c.ts', text: "export { it } from '@jest/globals';\n" },
  { rule: 'no-dev-dependency', file: 'app/d.ts', text: "export { gen } from 'fast-check';\n" },
  { rule: 'no-unresolvable', file: 'app/e.ts', text: "export { a } from './nowhere.ts';\n" },
  { rule: 'vendor-at-home: react', file: 'app/g.ts', text: "export { memo } from 'react';\n" },
  {
    rule: 'console-stands-alone',
    file: 'console/a.tsx',
    text: "export { greet } from '../app/greet.ts';\nexport const a = <p>hello</p>;\n",
  },
  { rule: 'no-circular', file: 'app/f.ts', text: "export { a } from './z-back.ts';\n" },
];

/** Two adapters and a helper that one of them must not import. */
const neighbours: readonly { rule: string; from: string; to: string }[] = [
  { rule: 'no-adapter-imports-a-sibling', from: 'sinks/sqlite/a.ts', to: 'sinks/couchbase/b.ts' },
  { rule: 'no-adapter-imports-another-role', from: 'sinks/sqlite/a.ts', to: 'codec/local/b.ts' },
  { rule: 'no-embedder-imports-a-sibling', from: 'processors/embed/local/a.ts', to: 'processors/embed/hash/b.ts' },
  { rule: 'shared-loops-do-not-know-adapters', from: 'sinks/a.ts', to: 'sinks/sqlite/b.ts' },
  { rule: 'sqlite-for-sqlite-adapters', from: 'sinks/couchbase/a.ts', to: 'sqlite/b.ts' },
  { rule: 'sqlite-knows-nothing-of-us', from: 'sqlite/a.ts', to: 'sinks/sqlite/b.ts' },
  { rule: 'core-below-ports', from: 'core/a.ts', to: 'core/ports/b.ts' },
  { rule: 'generated-types-stand-alone', from: 'schemas/generated/a.ts', to: 'schemas/b.ts' },
  { rule: 'schemas-know-only-core', from: 'schemas/a.ts', to: 'codec/b.ts' },
  { rule: 'interfaces-in-order', from: 'api/a.ts', to: 'cli/b.ts' },
  { rule: 'console-is-served-not-imported', from: 'api/a.ts', to: 'console/b.ts' },
  { rule: 'tests-stay-outside', from: 'app/a.ts', to: 'testing/b.ts' },
];

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test.each(['types', 'lint', 'format', 'boundaries', 'unused'])('%s passes what is healthy', (checker) => {
  expect(check(HEALTHY, checker)).toEqual({ status: 0, output: expect.stringContaining('check: 1 ok, 0 failed') });
});

test.each(canaries)('$checker can fail: $says', ({ checker, file, text, says }) => {
  expect(check({ ...HEALTHY, [file]: text }, checker)).toEqual({ status: 1, output: expect.stringMatching(says) });
});

describe('boundaries can fail', () => {
  test('every rule between folders', () => {
    const files: Record<string, string> = { ...HEALTHY };
    for (const [index, { from, to }] of neighbours.entries()) {
      const [importer, imported] = [numbered(from, index), numbered(to, index)];
      const specifier = path.posix.relative(path.posix.dirname(importer), imported);
      files[importer] = `export { a } from '${specifier.startsWith('.') ? specifier : `./${specifier}`}';\n`;
      files[imported] = 'export const a = 1;\n';
    }
    const { status, output } = check(files, 'boundaries');
    expect(status).toBe(1);
    for (const [index, { rule, from, to }] of neighbours.entries()) {
      expect(output).toContain(`${numbered(from, index)} -> ${numbered(to, index)}\n  ${rule}:`);
    }
  });

  test('every rule on foreign imports', () => {
    const manifest = '{ "name": "canary", "type": "module", "devDependencies": { "fast-check": "4" } }\n';
    const back = { 'app/z-back.ts': "export { a } from './f.ts';\n" };
    const broken = Object.fromEntries(foreigners.map(({ file, text }) => [file, text]));
    const { status, output } = check({ ...HEALTHY, ...back, ...broken, 'package.json': manifest }, 'boundaries');
    expect(status).toBe(1);
    for (const { rule, file } of foreigners) {
      expect(output).toMatch(new RegExp(`^${file.replace('.', '\\.')} -> .*\\n  ${rule}:`, 'm'));
    }
  });

  test('when no module is cruised', () => {
    const { status, output } = check({ 'package.json': HEALTHY['package.json'] ?? '' }, 'boundaries');
    expect([status, output]).toEqual([1, expect.stringContaining('no module was cruised')]);
  });
});

describe('schemas', () => {
  const version = 'schemas/released/Outcome/1.avsc';
  const checkSchemas = (change: (folder: string) => void): { status: number | null; output: string } => {
    const folder = workspace({});
    cpSync(path.join(projectRoot, 'schemas'), path.join(folder, 'schemas'), { recursive: true });
    change(folder);
    return run(folder, 'schemas');
  };
  const rewrite = (folder: string, name: string, from: string, to: string): void => {
    const file = path.join(folder, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  };

  test('passes what is healthy', () => {
    expect(checkSchemas(() => {})).toEqual({ status: 0, output: expect.stringContaining('check: 1 ok, 0 failed') });
    // It compiles the checker where nobody has yet.
  });

  test.each<[string, (folder: string) => void, string]>([
    [
      'types that are not generated anew, and a field that went without a default',
      (folder) => rewrite(folder, 'schemas/Outcome.avsc', '"name": "reason"', '"name": "cause"'),
      'Outcome.reason: removed',
    ],
    ['a released file that was edited', (folder) => rewrite(folder, version, '"reason"', '"cause"'), 'was edited'],
    ['a released file that is gone', (folder) => rmSync(path.join(folder, version)), 'is gone'],
    [
      'a released file that no release made',
      (folder) => cpSync(path.join(folder, version), path.join(folder, version.replace('1', '2'))),
      'was added by hand',
    ],
  ])('can fail: %s', (_, change, says) => {
    const { status, output } = checkSchemas(change);
    expect([status, output]).toEqual([1, expect.stringContaining(says)]);
  });
});

describe('the summary of CI', () => {
  const counts = {
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
    testResults: [],
  };

  test.each([
    ['all passed', { ...counts, numPassedTests: 3 }, '0', 0, '3 passed, 0 failed, 0 skipped'],
    ['a test failed', { ...counts, numPassedTests: 3, numFailedTests: 1 }, '0', 1, '3 passed, 1 failed, 0 skipped'],
    [
      'a file did not load',
      { ...counts, numPassedTests: 3, numRuntimeErrorTestSuites: 1 },
      '0',
      1,
      '3 passed, 1 failed',
    ],
    ['a check failed', { ...counts, numPassedTests: 3 }, '1', 1, '3 passed, 1 failed, 0 skipped'],
    ['no test ran', { ...counts, numPassedTests: 0 }, '0', 1, '0 passed, 0 failed, 0 skipped'],
  ])('%s', (_name, report, failedSteps, status, lastLine) => {
    const folder = workspace({ 'jest.json': JSON.stringify(report) });
    const script = path.join(projectRoot, 'scripts/ci-summary.mjs');
    const result = spawnSync(process.execPath, [script, path.join(folder, 'jest.json'), failedSteps], {
      encoding: 'utf8',
    });
    expect([result.status, result.stdout.trimEnd().split('\n').at(-1)]).toEqual([
      status,
      expect.stringContaining(lastLine),
    ]);
  });
});

function numbered(file: string, index: number): string {
  return file.replace(/\.ts$/, `${index}.ts`);
}

/** Runs one checker of `npm run check` on a folder that holds these files and our configuration. */
function check(files: Readonly<Record<string, string>>, checker: string): { status: number | null; output: string } {
  return run(workspace(files), checker);
}

function run(folder: string, checker: string): { status: number | null; output: string } {
  const args = [path.join(projectRoot, 'scripts/check.mjs'), '--in', folder, checker];
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  return { status, output: stdout + stderr };
}

function workspace(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'hoardarr-canary-')));
  folders.push(folder);
  for (const name of CONFIGURATION) cpSync(path.join(projectRoot, name), path.join(folder, name));
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}
