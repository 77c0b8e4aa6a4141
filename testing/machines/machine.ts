import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Role } from '../../app/presence.ts';
import { programAt } from './program.ts';

const PROGRAM = programAt('testing/machines/run-machine');
const LOOK_MS = 20;
/** What a machine said is kept to this length, for the message of a failure. */
const KEPT_TEXT = 20_000;

/** Where a machine keeps what is its own, and what it is told. */
export interface Place {
  /** of the data folder */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  remove(): void;
}

/** A machine: a name, a data folder of its own, and one process that runs roles. It can die and be started again. */
export class Machine {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly folder: Place;
  /** where its API is; null where it runs none */
  url: string | null = null;
  #child: ChildProcess | null = null;
  #said = '';
  /** the document that it prints when its roles run */
  #ready: string | null = null;

  constructor(name: string, roles: readonly Role[], folder: Place) {
    this.name = name;
    this.roles = roles;
    this.folder = folder;
  }

  /** Resolves when its roles run. */
  async start(): Promise<void> {
    const words = ['start', '--roles', this.roles.join(','), '--data-dir', this.folder.path, '--json'];
    const child = spawn(process.execPath, [...PROGRAM, this.name, ...words], {
      env: { PATH: process.env['PATH'], ...this.folder.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#ready = null;
    const keep = (text: string): void => void (this.#said = `${this.#said}${text}`.slice(-KEPT_TEXT));
    child.stderr.on('data', (chunk: Buffer) => keep(chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      keep(chunk.toString());
      this.#ready ??= /^\{"roles".*$/m.exec(this.#said)?.[0] ?? null;
    });
    while (this.#ready === null) {
      if (hasEnded(child)) throw new Error(`${this.name} ended before it was ready: ${this.#said}`);
      await sleep(LOOK_MS);
    }
    this.url = (JSON.parse(this.#ready) as { readonly url: string | null }).url;
    this.#said = '';
  }

  /** What it said since it was ready: warnings, as a rule. */
  get said(): string {
    return this.#said;
  }

  /** Its roles run. */
  get isReady(): boolean {
    return this.#ready !== null;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get isRunning(): boolean {
    return this.#child !== null && !hasEnded(this.#child);
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  wake(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends it in order; resolves to the exit status. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    child.kill('SIGTERM');
    if (!hasEnded(child)) await once(child, 'close');
    return child.exitCode;
  }

  /** Cuts it off, frozen or not. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || hasEnded(child)) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  async remove(): Promise<void> {
    await this.kill();
    this.folder.remove();
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
