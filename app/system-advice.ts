import { codeOf } from './error-code.ts';

/** What to do where the machine is at its limits, or keeps something from us. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'check who owns that file or folder, and its permissions'],
  ['EPERM', 'check who owns that file or folder, and its permissions'],
  ['EROFS', 'that disk can only be read: choose another folder with --data-dir'],
  ['ENOSPC', 'the disk is full: make room there, and try again'],
  ['EDQUOT', 'your share of the disk is full: make room there, and try again'],
  ['EMFILE', 'too many files are open: raise the limit (`ulimit -n`)'],
  ['ENFILE', 'too many files are open on this machine: stop something, and try again'],
  ['EADDRINUSE', 'another program uses that port: stop it, or set HOARDARR_PORT'],
  ['EADDRNOTAVAIL', 'this machine has no such address: set HOARDARR_HOST'],
  ['ENOTDIR', 'a part of that path is a file: check the path'],
  ['EISDIR', 'that is a folder: name the file in it'],
  ['ECONNREFUSED', 'nothing listens there: check the address, and whether it runs'],
  ['ENOTFOUND', 'there is no such host: check the address, and the network'],
  ['SQLITE_FULL', 'the disk is full: make room there, and try again'],
  ['SQLITE_READONLY', 'check who owns the data folder, and its permissions'],
  ['SQLITE_CANTOPEN', 'check who owns the data folder, and its permissions'],
]);
const MAX_CAUSES = 5;

/** For an error of the system, also one that caused another: how to mend it, to be put behind its message; else the empty string. */
export function adviceFor(error: unknown): string {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof cause === 'object' && cause !== null; depth++) {
    const advice = ADVICE.get(codeOf(cause) ?? '');
    if (advice !== undefined) return ` (${advice})`;
    cause = 'cause' in cause ? cause.cause : null;
  }
  return '';
}
