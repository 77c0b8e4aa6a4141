import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { pid } from 'node:process';

/** Names a process so that another one on the same machine can tell whether it still runs. */
export interface ProcessIdentity {
  /** machine, its boot and its space of process ids; only within one of them does a pid mean anything */
  readonly host: string;
  readonly pid: number;
  /** when it started, in the words of the system, or '' where that is not known; tells it from a later one with its pid */
  readonly started: string;
}

export function thisProcess(): ProcessIdentity {
  return { host: thisHost(), pid, started: statOf(pid)?.started ?? '' };
}

/**
 * True only if the process has certainly ended: then its partitions need not wait for its session to time out, so that a
 * restart after a kill goes on at once.
 */
export function hasEnded(process: ProcessIdentity): boolean {
  if (process.host !== thisHost()) return false;
  if (!exists(process.pid)) return true;
  const stat = statOf(process.pid);
  if (stat === null) return false;
  return stat.state === 'Z' || (process.started !== '' && process.started !== stat.started);
}

let host: string | null = null;

function thisHost(): string {
  host ??= [
    hostname(),
    orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  ].join('|');
  return host;
}

function exists(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** From /proc (Linux; see proc(5)): the fields after the name, which may itself hold spaces and brackets. */
function statOf(id: number): { readonly state: string; readonly started: string } | null {
  const text = orEmpty(() => readFileSync(`/proc/${id}/stat`, 'utf8'));
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  return state === undefined || started === undefined ? null : { state, started };
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
