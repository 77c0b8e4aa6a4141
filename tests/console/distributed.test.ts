import { it } from '@jest/globals';
import { describeDistributedConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';
import { beginWithExport, connectAndSync, keepHealthy, reviewRemovals } from './main-journeys.test-support.ts';

const [DESKTOP] = SIZES;

/** The journeys of the embedded parts, on several machines. */
describeDistributedConsole('the console of several machines in a browser', (world) => {
  it.each(SIZES)(
    'begins with an export that is dropped, on %s',
    (name, options) => beginWithExport(world(), name, options),
    LIMIT_MS,
  );

  it(
    'connects GitHub, syncs, says that both sides hold the same, and lets go of it',
    () => connectAndSync(world(), ...DESKTOP),
    LIMIT_MS,
  );

  it(
    'reviews hundreds of held removals, brings them back from the trash, and tells the whole story',
    () => reviewRemovals(world(), ...DESKTOP),
    LIMIT_MS,
  );

  it(
    'shows the stages, redrives what they could not take, rebuilds and compares',
    () => keepHealthy(world(), ...DESKTOP),
    LIMIT_MS,
  );
});
