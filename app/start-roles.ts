import { isOutage } from '../core/errors.ts';
import { untilReached } from '../core/until-reached.ts';
import type { App } from './app.ts';
import type { RunningApi } from './open-app.ts';
import type { Role } from './presence.ts';

export interface RolesToStart {
  readonly roles: readonly Role[];
  /** serves health and metrics of a process that has no API; null where that is not asked for */
  readonly startOperations: () => Promise<RunningApi | null>;
  /** ends the waiting */
  readonly signal: AbortSignal;
}

/**
 * Starts what a process runs for good; resolves to what serves its operations. While log or store are away, it waits and warns at
 * each try, as at every other moment. Each step takes nothing up twice: what runs already is left as it is.
 *
 * @throws InputError where nothing may run: with another embedder, on an address that nothing protects; the signal's reason
 */
export async function startRoles(
  { embedder, roles: host, clock, random, telemetry: { log } }: Starting,
  { roles, startOperations, signal }: RolesToStart,
): Promise<RunningApi | null> {
  const patience = { what: 'the log or the store', isAway: isOutage, clock, random, log, signal };
  // Refused before anything runs.
  await untilReached(embedder, patience);
  const operations = roles.includes('api') ? null : await untilReached(startOperations, patience);
  try {
    await untilReached(() => host.start(roles), patience);
  } catch (error) {
    await operations?.stop();
    throw error;
  }
  return operations;
}

type Starting = Pick<App, 'embedder' | 'roles' | 'clock' | 'random' | 'telemetry'>;
