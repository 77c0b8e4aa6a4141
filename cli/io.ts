import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../app/config.ts';

/** What a command has to do with the world around it; tests give another. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** stderr is a terminal, on which progress may move */
  readonly isTerminal: boolean;
  /** the environment; undefined: that of the process */
  readonly env?: Environment;
  /** ms that a command waits for servers that cannot be reached; undefined: a minute */
  readonly patienceMs?: number;
  /** Calls back at every SIGINT and SIGTERM, until the returned function is called. */
  onSignal(callback: (signal: string) => void): () => void;
  /** Ends the process now, whatever is under way. */
  quit(status: number): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export const processIo: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY,
  onSignal(callback) {
    for (const signal of SIGNALS) process.on(signal, callback);
    return () => {
      for (const signal of SIGNALS) process.off(signal, callback);
    };
  },
  quit: (status) => process.exit(status),
};
