import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from './stack.ts';

export interface BenchPart {
  /** how to reach it: names of the environment, and their values */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** A part of the benchmark's own: see `npm run stack:up`. It ends with this process at the latest. */
export async function startPart(part: 'kafka' | 'registry' | 'couchbase', stateDir: string): Promise<BenchPart> {
  const up = path.join('scripts', 'stack', 'up.mjs');
  const args = [up, part, '--state-dir', stateDir, '--while', String(process.pid)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const lines = stdout.matchAll(/^export (\w+)=(\S*)$/gm);
  const state = JSON.parse(readFileSync(path.join(stateDir, `${part}.json`), 'utf8')) as {
    readonly supervisor: number;
  };
  return {
    environment: Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value])),
    async stop() {
      process.kill(state.supervisor, 'SIGTERM');
      await waitFor(async () => !isAlive(state.supervisor));
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
