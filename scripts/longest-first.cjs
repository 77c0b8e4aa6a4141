// CommonJS, because Jest loads it before any transform.
const Sequencer = require('@jest/test-sequencer').default;

/** Suites that take minutes, most of which they wait: the end of a run is no time to begin them. */
const LONGEST = [
  'tests/distributed/',
  'sinks/couchbase/crashes',
  'tests/simulation/',
  'bench/',
  'tests/topology/',
  'tests/console/',
  'tests/e2e/',
  'tests/fuzz/',
];

/** A machine that has run the tests before knows how long they take. On a fresh one Jest goes by the size of the files. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    const rank = ({ path }) => {
      const found = LONGEST.findIndex((name) => path.includes(`/${name}`));
      return found < 0 ? LONGEST.length : found;
    };
    return sorted.toSorted((a, b) => rank(a) - rank(b));
  }
};
