import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';

interface Message {
  readonly acknowledged?: number;
  readonly partition?: number;
  readonly keys?: readonly string[];
  readonly owned?: readonly number[];
  readonly refused?: string;
  readonly partitions?: number;
}

const LOADER = join(__dirname, '../../testing/typescript-loader/register.mjs');

/** A process that works on a log, and what it has said. */
export class LogChild {
  readonly messages: Message[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  constructor(role: 'append' | 'consume' | 'open', dataDir: string, argument = 0) {
    const args = ['--import', LOADER, join(__dirname, 'log.test-child.ts'), role, dataDir, String(argument)];
    this.#child = spawn(execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#exit = once(this.#child, 'exit');
    if (this.#child.stdout === null) throw new Error('no pipe to the process');
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.messages.push(JSON.parse(line) as Message),
    );
  }

  get owned(): readonly number[] {
    return this.messages.findLast(({ owned }) => owned !== undefined)?.owned ?? [];
  }

  get keys(): readonly string[] {
    return this.messages.flatMap(({ keys = [] }) => keys);
  }

  get acknowledged(): readonly number[] {
    return this.messages.flatMap(({ acknowledged }) => (acknowledged === undefined ? [] : [acknowledged]));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the process has ended, and all it said was read. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    await closed;
  }

  async ended(): Promise<void> {
    await this.#exit;
  }
}
