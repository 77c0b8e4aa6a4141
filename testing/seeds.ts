/**
 * Where randomness of a test starts: a number that is printed, and can be given again. `name` is an environment variable's;
 * TEST_SEED is for all tests, as in CI, where what fails has to be what was changed.
 */
export function seedFor(name: string): number {
  const given = readNumber(name) ?? readNumber('TEST_SEED');
  const seed = given ?? Math.floor(Math.random() * 2 ** 31);
  process.stderr.write(`${name}=${seed}\n`);
  return seed;
}

/** A number that the developer gave in the environment. */
export function readNumber(name: string): number | undefined {
  const text = process.env[name];
  return text === undefined ? undefined : Number(text);
}
