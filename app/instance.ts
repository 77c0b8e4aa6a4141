import { hostname } from 'node:os';
import { codeOf } from './error-code.ts';

const STARTED = String(Math.round(Date.now() - process.uptime() * 1000));
let opened = 0;

/** Names who opened a data folder in leases: `host:pid:start:n`. One process may open several. */
export function newInstance(): string {
  opened++;
  return `${hostname()}:${process.pid}:${STARTED}:${opened}`;
}

/** True when the process of an instance is known to be dead. Of another machine nothing is known. */
export function isGone(instance: string): boolean {
  const [host, pid, started] = instance.split(':');
  if (host !== hostname()) return false;
  // A container that is started again often gets the number that it had.
  if (Number(pid) === process.pid) return started !== STARTED;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
