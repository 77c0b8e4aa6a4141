import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../stack.ts';

export interface BenchBroker {
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}

/** A broker of the benchmark's own: see `npm run stack:up`. It ends with this process at the latest. */
export async function startBroker(stateDir: string): Promise<BenchBroker> {
  const up = path.join('scripts', 'stack', 'up.mjs');
  const args = [up, 'kafka', '--state-dir', stateDir, '--while', String(process.pid)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const [, brokers = ''] = /^export KAFKA_BROKERS=(\S+)$/m.exec(stdout) ?? [];
  const state = JSON.parse(readFileSync(path.join(stateDir, 'kafka.json'), 'utf8')) as { readonly supervisor: number };
  return {
    brokers: brokers.split(','),
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
