import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Program {
  readonly url: string;
  /** Ends it as an operator does. */
  stop(): Promise<void>;
}

/** The program on a data folder, in a process of its own, as `npm start` runs it; nobody outside is asked anything. */
export async function startProgram(dataDir: string): Promise<Program> {
  const child = spawn(process.execPath, ['bin/hoardarr.mjs', 'start', '--data-dir', dataDir, '--json'], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: process.env['TMPDIR'],
      HOARDARR_PORT: '0',
      HOARDARR_EMBEDDER: 'hash',
      TIKTOK_OEMBED_URL: 'off',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').then(() => process.removeListener('exit', kill));
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) resolve((JSON.parse(line) as { readonly url: string }).url);
    });
    child.once('exit', (code) => reject(new Error(`the program ended with status ${code} before it was ready`)));
  });
  const url = await ready;
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
