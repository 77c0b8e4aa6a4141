import { hostname } from 'node:os';
import { codeOf } from './error-code.ts';

/** Names this process in leases: `host:pid:start`. */
export const INSTANCE = `${hostname()}:${process.pid}:${Math.round(Date.now() - process.uptime() * 1000)}`;

/** True when the named process is known to be dead. Of another machine nothing is known. */
export function isGone(instance: string): boolean {
  if (instance === INSTANCE) return false;
  const [host, pid] = instance.split(':');
  if (host !== hostname()) return false;
  // A container that is started again often gets the number that it had.
  if (Number(pid) === process.pid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
