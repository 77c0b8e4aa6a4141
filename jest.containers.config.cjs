// `npm run test:containers`: the suites of whatever is reached over a network, on images of the real servers.

module.exports = {
  ...require('./jest.config.cjs'),
  testPathIgnorePatterns: ['/node_modules/'],
  testMatch: [
    '<rootDir>/transport/kafka/{open-kafka-log,topics,removal}.test.ts',
    '<rootDir>/codec/registry/open-registry-codec.test.ts',
    '<rootDir>/sinks/couchbase/{couchbase-store,couchbase-metadata}.test.ts',
    '<rootDir>/tests/e2e/kafka.test.ts',
    '<rootDir>/tests/containers/*.test.ts',
  ],
};
