import { describe, expect, test } from '@jest/globals';
import { houseRules, withoutComments } from './house-rules.ts';
import { listSourceFiles, type SourceFile } from './source-files.ts';

const files = listSourceFiles();

// Put together here, because this file has to keep the rules that it breaks on purpose.
const [ONLY, SKIP, LEFT, IT, MOCK] = ['only', 'skip', 'todo', 'it', 'mock'] as const;

/** For each rule, files that break it. */
const canaries: Readonly<Record<string, SourceFile[]>> = {
  'a file has at most 350 lines': [{ path: 'core/a.ts', text: 'export {};\n'.repeat(351) }],
  'only app/config reads the environment': [
    { path: 'sinks/sqlite/a.ts', text: 'const home = process.env.HOME;' },
    { path: 'cli/a.ts', text: "import { env } from 'node:process';" },
    { path: 'api/a.ts', text: "process['env']" },
  ],
  'core has no clock, randomness, input or output': [
    { path: 'core/a.ts', text: 'const at = Date.now();' },
    { path: 'core/a.ts', text: 'const at = new Date();' },
    { path: 'core/fold/a.ts', text: 'const dice = Math.random();' },
    { path: 'core/a.ts', text: 'setTimeout(() => {}, 1);' },
    { path: 'core/a.ts', text: 'names.toSorted((a, b) => a.localeCompare(b));' },
  ],
  'core takes only types from the schemas, and only a hash from Node.js': [
    { path: 'core/a.ts', text: "import { randomUUID, createHash } from 'node:crypto';" },
    { path: 'core/a.ts', text: "import { RECORD_NAMES } from '../schemas/generated/records.ts';" },
    { path: 'core/a.ts', text: "export { RECORD_NAMES } from '../schemas/generated/records.ts';" },
  ],
  'files and folders are named in kebab-case': [
    { path: 'core/setDigest.ts', text: '' },
    { path: 'core/Fold/a.ts', text: '' },
    { path: 'core/set_digest.ts', text: '' },
  ],
  'no test is focused, skipped or left to do': [
    { path: 'core/a.test.ts', text: `test.${ONLY}('x', () => {});` },
    { path: 'core/a.test.ts', text: `describe.${SKIP}('x', () => {});` },
    { path: 'testing/contracts/a.ts', text: `it.${LEFT}('x');` },
    { path: 'tests/a.test.ts', text: `x${IT}('x', () => {});` },
  ],
  'no jest.mock': [{ path: 'tests/a.test.ts', text: `jest.${MOCK}('./a.ts');` }],
  'what is left to do has an issue': [{ path: 'core/a.ts', text: `// ${LEFT.toUpperCase()}: mend` }],
};

test('the whole project is read', () => {
  expect(files.map((file) => file.path)).toEqual(expect.arrayContaining(['core/errors.ts', 'scripts/bootstrap.mjs']));
});

describe.each(houseRules)('$name', ({ name, check }) => {
  test('holds everywhere', () => {
    expect(files.flatMap((file) => check(file).map((fault) => `${file.path} ${fault}`))).toEqual([]);
  });

  test('can fail', () => {
    const broken = canaries[name] ?? [];
    expect(broken).not.toEqual([]);
    for (const file of broken) expect([file, check(file)]).not.toEqual([file, []]);
  });
});

test('rules let pass what they should', () => {
  const allowed: SourceFile[] = [
    { path: 'app/config.ts', text: 'const home = process.env.HOME;' },
    { path: 'core/a.ts', text: '// Date.now() would be wrong here\nconst at = new Date(atMs);' },
    { path: 'core/a.ts', text: "import { createHash, type Hash } from 'node:crypto';" },
    { path: 'core/a.ts', text: "import type { RawItem } from '../schemas/generated/records.ts';" },
    { path: 'core/a.ts', text: '// TODO(#12): mend' },
  ];
  expect(allowed.flatMap((file) => houseRules.flatMap(({ check }) => check(file)))).toEqual([]);
});

test('a web address in a string is no comment', () => {
  expect(withoutComments("fetch('https://example.org'); // why")).toBe("fetch('https://example.org');  ");
});
