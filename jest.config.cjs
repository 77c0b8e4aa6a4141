// CommonJS, because Jest loads it before any transform; the sources are ES modules.

const os = require('node:os');

// Packages that ship ES modules only. Jest runs CommonJS, so they are transformed like our own code.
const esmOnlyPackages = ['@energetic-ai', 'openid-client', 'oauth4webapi', 'jose'];

module.exports = {
  testEnvironment: 'node',
  rootDir: __dirname,
  testMatch: ['<rootDir>/**/*.test.ts'],
  // tests/containers needs what only real servers have: jest.containers.config.cjs.
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/dist/',
    '/fixtures/',
    '<rootDir>/data/',
    '<rootDir>/tests/containers/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/data/'],
  watchman: false,
  globalSetup: '<rootDir>/scripts/stack/test-run-setup.mjs',
  testSequencer: '<rootDir>/scripts/longest-first.cjs',
  globalTeardown: '<rootDir>/scripts/stack/test-run-teardown.mjs',
  restoreMocks: true,
  // Never all in one process: what hundreds of test files leave behind in it makes the later ones several times slower.
  // And one more than two cores: the suites of the stack and of the browser wait for two thirds of their time.
  maxWorkers: Math.max(3, os.availableParallelism() - 1),
  workerIdleMemoryLimit: '600MB',
  // Only a hang lasts so long: on a busy machine a test of two seconds has taken more than thirty.
  testTimeout: 240_000,
  transform: {
    '\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        // jest.mock does nothing here because `jest` is imported; inject fakes instead.
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
        swcrc: false,
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnlyPackages.join('|')})/)`],
};
