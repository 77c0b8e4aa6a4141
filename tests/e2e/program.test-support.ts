import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { programAt } from '../../testing/machines/program.ts';
import type { DataFolder } from './data-folder.test-support.ts';

const PROGRAM = programAt('testing/machines/run-commands');
const LOOK_MS = 10;

/** One command in a process of its own. Everything that it says is kept. */
export class Program {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(folder: DataFolder, words: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = '') {
    const command = JSON.stringify([[...words, '--data-dir', folder.path, '--json']]);
    this.child = spawn(process.execPath, [...PROGRAM, command], {
      env: { PATH: process.env['PATH'], ...folder.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => void (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => void (this.stderr += chunk.toString()));
    this.child.stdin?.end(stdin);
  }

  /** Waits until it has said something of this form. Rejects when it ends before that. */
  async said(form: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = form.exec(`${this.stdout}\n${this.stderr}`);
      if (found !== null) return found;
      if (this.#hasEnded) throw new Error(`it ended before it said ${form}: ${this.stdout}${this.stderr}`);
      await sleep(LOOK_MS);
    }
  }

  /** Resolves to the exit status; null where a signal ended it. */
  async ended(): Promise<number | null> {
    if (!this.#hasEnded) await once(this.child, 'close');
    return this.child.exitCode;
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.ended();
  }

  /** For the end of a test, whatever became of it. */
  async kill(): Promise<void> {
    if (!this.#hasEnded) this.child.kill('SIGKILL');
    await this.ended();
  }

  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
