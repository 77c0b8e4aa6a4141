import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Place } from '../../testing/machines/machine.ts';
import { programAt } from '../../testing/machines/program.ts';
import type { Feed, FeederSays } from './run-feeder.ts';

const PROGRAM = programAt('bench/distributed/run-feeder');

/** A producer of exports: a machine of its own, that brings what it is told to, and can be cut off meanwhile. */
export class Feeder {
  readonly #child: ChildProcess;
  /** by file: told whether it is in the log as a whole, or this ended before */
  readonly #underWay = new Map<string, (isBrought: boolean) => void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (said: FeederSays) => {
      if ('brought' in said) this.#end(said.brought, true);
    });
    child.once('close', () => {
      for (const file of this.#underWay.keys()) this.#end(file, false);
    });
  }

  /** Resolves when it can be told. */
  static async start(name: string, { path, env }: Place): Promise<Feeder> {
    const child = spawn(process.execPath, [...PROGRAM, name, path], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const feeder = new Feeder(child);
    const ended = once(child, 'close').then(() => {
      throw new Error(`${name} ended before it was ready`);
    });
    await Promise.race([once(child, 'message'), ended]);
    ended.catch(() => undefined);
    return feeder;
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** How many exports it is bringing. */
  get busy(): number {
    return this.#underWay.size;
  }

  /** False where it was cut off before the export was in the log as a whole: then another one is to bring it. */
  bring(feed: Feed): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (!this.#child.connected) return reject(new Error('a producer ended by itself'));
      this.#underWay.set(feed.file, resolve);
      this.#child.send(feed);
    });
  }

  /** In order: what it was told is brought first. */
  async stop(): Promise<void> {
    await this.#endBy('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#endBy('SIGKILL');
  }

  async #endBy(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill(signal);
    await closed;
  }

  #end(file: string, isBrought: boolean): void {
    this.#underWay.get(file)?.(isBrought);
    this.#underWay.delete(file);
  }
}
