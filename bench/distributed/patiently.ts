import { systemClock } from '../../app/clock.ts';
import { isOutage } from '../../core/errors.ts';
import { untilReached } from '../../core/until-reached.ts';

/** Again where log or store did not answer in time, as on a machine that is busy; the program waits then, too. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  return await untilReached(work, {
    what: 'a server of the flow',
    isAway: isOutage,
    clock: systemClock,
    random: Math.random,
    log: { warn: (message, { error }) => void process.stderr.write(`${message}: ${String(error)}\n`) },
  });
}
