import type { SourceFile } from './source-files.ts';

/** A rule that no linter has: says what is wrong with a file, nothing where it is right. */
export interface HouseRule {
  readonly name: string;
  readonly check: (file: SourceFile) => string[];
}

const MAX_FILE_LINES = 350;

// Written so that this file itself does not match.
const LEFT_TO_DO = /\b(TO[D]O|FIX[M]E)\b(?!\(#\d+\))/;

/** Tests, fakes and benchmarks: these may read clocks and pass their environment on to processes that they start. */
const SUPPORT = /\.test(-[a-z-]+)?\.tsx?$|^(tests|testing|bench)\//;

/** Skips whole suites that lack a real part, by name and with the reason; with HOARDARR_REQUIRE_STACK it fails instead. */
const MAY_SKIP = 'testing/stack/real-parts.ts';

const IMPURE_IN_CORE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bperformance\s*\./, 'reads the clock'],
  [/\bset(Timeout|Interval|Immediate)\b/, 'sets a timer'],
  [/\bMath\s*\.\s*random\b|\brandom(UUID|Bytes|Int)\b|\bgetRandomValues\b/, 'draws at random'],
  [/\bprocess\s*\.|\bconsole\s*\.|\bfetch\s*\(/, 'does input or output'],
  [/\blocaleCompare\b|\btoLocale\w+|\bIntl\s*\./, 'depends on the locale'],
];

const HASH_IMPORT = /^import\s*\{\s*(createHash|hash|type\s+Hash)(\s*,\s*(createHash|hash|type\s+Hash))*\s*\}/;

/** What core may take from a module of Node.js or from the generated code. */
const CORE_IMPORTS: readonly { module: RegExp; allowed: readonly RegExp[]; what: string }[] = [
  { module: /^node:crypto$/, allowed: [HASH_IMPORT, /^import\s+type\b/], what: 'a hash' },
  { module: /\/schemas\/generated\//, allowed: [/^import\s+type\b/], what: 'types' },
];

export const houseRules: readonly HouseRule[] = [
  {
    name: `a file has at most ${MAX_FILE_LINES} lines`,
    check: ({ text }) => {
      const lines = text.split('\n').length - 1;
      return lines > MAX_FILE_LINES ? [`has ${lines} lines: split it by what changes together`] : [];
    },
  },
  {
    name: 'only app/config reads the environment',
    check: ({ path, text }) => {
      if (SUPPORT.test(path) || /^(app\/config|scripts\/|bin\/)/.test(path)) return [];
      const reads =
        /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*'(node:)?process'/;
      return reads.test(withoutComments(text)) ? ['reads process.env: take the value as a parameter'] : [];
    },
  },
  {
    name: 'core has no clock, randomness, input or output',
    check: ({ path, text }) => {
      if (!path.startsWith('core/') || SUPPORT.test(path)) return [];
      const code = withoutComments(text);
      return IMPURE_IN_CORE.filter(([pattern]) => pattern.test(code)).map(
        ([, what]) => `${what}: take it as a parameter`,
      );
    },
  },
  {
    name: 'core takes only types from the schemas, and only a hash from Node.js',
    check: ({ path, text }) => {
      if (!path.startsWith('core/') || SUPPORT.test(path)) return [];
      return importsOf(text).flatMap(({ statement, from }) =>
        CORE_IMPORTS.filter(
          ({ module, allowed }) => module.test(from) && !allowed.some((form) => form.test(statement)),
        ).map(({ what }) => `imports more than ${what} from ${from}`),
      );
    },
  },
  {
    name: 'files and folders are named in kebab-case',
    check: ({ path }) => {
      const wrong = path.split('/').filter((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(part));
      return wrong.map((part) => `${part} is not kebab-case`);
    },
  },
  {
    name: 'no test is focused, skipped or left to do',
    check: ({ path, text }) => {
      if (!SUPPORT.test(path) || path === MAY_SKIP) return [];
      const marked =
        /\b(describe|it|test)\s*\.\s*(only|skip|todo|failing)\b|\b(fdescribe|fit|xit|xdescribe|xtest)\s*\(/;
      return marked.test(withoutComments(text)) ? ['has a focused, skipped or unwritten test'] : [];
    },
  },
  {
    name: 'no jest.mock',
    check: ({ path, text }) => {
      if (!SUPPORT.test(path)) return [];
      const mocks = /\bjest\s*\.\s*(mock|unstable_mockModule|doMock)\s*\(/;
      return mocks.test(withoutComments(text)) ? ['jest.mock silently does nothing here: inject a fake'] : [];
    },
  },
  {
    name: 'what is left to do has an issue',
    check: ({ text }) => (LEFT_TO_DO.test(text) ? ['has a mark without (#issue)'] : []),
  },
];

/** Comments may speak of what code must not do. Strings stay, since imports are made of them. */
export function withoutComments(text: string): string {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(tokens, (token) => (token.startsWith('/') ? ' ' : token));
}

function importsOf(text: string): { statement: string; from: string }[] {
  const matches = withoutComments(text).matchAll(/^(?:import|export)\b[^;'"]*?['"]([^'"]+)['"]/gm);
  return [...matches].map((match) => ({ statement: match[0], from: match[1] ?? '' }));
}
