import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './error-code.ts';

const STARTED = String(Math.round(Date.now() - process.uptime() * 1000));
let opened = 0;

/** Names who opened a data folder in leases: `machine:pid:start:n`. One process may open several. */
export function newInstance(): string {
  opened++;
  return `${MACHINE}:${process.pid}:${STARTED}:${opened}`;
}

/**
 * Where process ids mean the same processes as here. Machines that are copies of each other, and containers, may bear the
 * same host name; Linux tells more.
 */
const MACHINE = `${hostname()}${whereOnLinux()}`;

function whereOnLinux(): string {
  try {
    const place = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`;
    return `.${createHash('sha256').update(place).digest('hex').slice(0, 8)}`;
  } catch {
    return '';
  }
}

/** True when the process of an instance is known to be dead. Of another machine nothing is known. */
export function isGone(instance: string): boolean {
  const [where, pid, started] = instance.split(':');
  if (where !== MACHINE) return false;
  // A container that is started again often gets the number that it had.
  if (Number(pid) === process.pid) return started !== STARTED;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}
