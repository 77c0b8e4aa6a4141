import type { Clock } from '../core/ports/clock.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import { isGone, newInstance } from './instance.ts';

export type Role = 'api' | 'scheduler' | 'producer' | 'embed' | 'sink';
export const ROLES: readonly Role[] = ['api', 'scheduler', 'producer', 'embed', 'sink'];

/** How often a process says that it is there, and after how long a silence it is not. */
export const BEAT_MS = 1_000;
/** Other processes go on to the next generation within a beat; then nobody reads the old one any more. */
export const KEEP_OLD_MS = 2 * BEAT_MS;
const STALE_MS = 6_000;
/** Of a process on another machine that says nothing for so long, nobody will hear any more. */
const FORGET_MS = 3_600_000;
const PREFIX = 'process:';
const PAUSE_KEY = 'pause';

interface ProcessDocument {
  readonly instance: string;
  readonly roles: readonly Role[];
  /** ms since the epoch */
  readonly beatAt: number;
}

interface PauseDocument {
  readonly by: string;
  readonly roles: readonly Role[];
  readonly beatAt: number;
}

/** For metadata that were copied: the processes of then, and what one of them let stand still, are not those of now. */
export async function forgetProcesses(metadata: MetadataStore): Promise<void> {
  for (const { key } of await metadata.list(PREFIX)) await metadata.remove(key);
  await metadata.remove(PAUSE_KEY);
}

/**
 * Which roles run in which process of a data folder, kept in the sync metadata. It is a hint for who starts what, never a
 * lock: the event log gives each partition to one consumer, and a role that runs twice does no harm.
 */
export class Presence {
  readonly instance: string;
  readonly #metadata: MetadataStore;
  readonly #clock: Clock;
  /** by key, what was said last, and when by our clock that was heard first, ms */
  readonly #heard = new Map<string, { readonly beatAt: number; readonly at: number }>();
  /** when this process last said that it is there, ms; null: never */
  #saidAt: number | null = null;
  /** the last silence of our own, where the machine slept: when we spoke before it, and by our clock, when we noticed it, ms */
  #silence: { readonly spokeAt: number; readonly noticedAt: number } | null = null;

  /** @param instance names who opened the data folder */
  constructor(metadata: MetadataStore, clock: Clock, instance: string = newInstance()) {
    this.instance = instance;
    this.#metadata = metadata;
    this.#clock = clock;
  }

  /** Says which roles run here now. */
  async beat(roles: readonly Role[]): Promise<void> {
    const beatAt = this.#clock.now();
    this.#noticeSilence();
    this.#saidAt = beatAt;
    const document: ProcessDocument = { instance: this.instance, roles, beatAt };
    await this.#write(`${PREFIX}${this.instance}`, document);
  }

  async leave(): Promise<void> {
    await this.#metadata.remove(`${PREFIX}${this.instance}`);
  }

  /** Roles that run in other processes. Forgets processes that are dead. */
  async elsewhere(): Promise<ReadonlySet<Role>> {
    const roles = new Set<Role>();
    for (const { key, value } of await this.#metadata.list(PREFIX)) {
      const document = value as ProcessDocument;
      if (document.instance === this.instance) continue;
      if (this.#isAlive(key, document.instance, document.beatAt)) for (const role of document.roles) roles.add(role);
      else if (isGone(document.instance) || this.#clock.now() - document.beatAt > FORGET_MS) {
        this.#heard.delete(key);
        await this.#metadata.remove(key);
      }
    }
    return roles;
  }

  /**
   * Asks every process to stop these roles until `resume`; to be repeated every BEAT_MS. False when another process
   * pauses already.
   */
  async pause(roles: readonly Role[]): Promise<boolean> {
    for (;;) {
      const document = await this.#metadata.get(PAUSE_KEY);
      const other = document?.value as PauseDocument | undefined;
      if (other !== undefined && other.by !== this.instance && this.#isAlive(PAUSE_KEY, other.by, other.beatAt))
        return false;
      const pause: PauseDocument = { by: this.instance, roles, beatAt: this.#clock.now() };
      if ((await this.#metadata.compareAndSet(PAUSE_KEY, document?.version ?? null, pause)) !== null) return true;
    }
  }

  async resume(): Promise<void> {
    const document = await this.#metadata.get(PAUSE_KEY);
    if ((document?.value as PauseDocument | undefined)?.by === this.instance) await this.#metadata.remove(PAUSE_KEY);
  }

  /** Roles that are to stand still now. */
  async paused(): Promise<ReadonlySet<Role>> {
    const pause = (await this.#metadata.get(PAUSE_KEY))?.value as PauseDocument | undefined;
    return new Set(pause !== undefined && this.#isAlive(PAUSE_KEY, pause.by, pause.beatAt) ? pause.roles : []);
  }

  /** Whether a process that names itself so has been heard of lately. */
  async isRunning(instance: string): Promise<boolean> {
    if (instance === this.instance) return true;
    const key = `${PREFIX}${instance}`;
    const document = (await this.#metadata.get(key))?.value as ProcessDocument | undefined;
    return document !== undefined && this.#isAlive(key, instance, document.beatAt);
  }

  /** A clock that is ahead says nothing of how long ago it was: then it counts from when it was heard here. */
  #isAlive(key: string, instance: string, beatAt: number): boolean {
    const elapsed = this.#clock.elapsed();
    const before = this.#heard.get(key);
    const heard = before?.beatAt === beatAt ? before : { beatAt, at: elapsed };
    this.#heard.set(key, heard);
    this.#noticeSilence();
    const age = this.#clock.now() - beatAt;
    const silentMs = age >= 0 ? age : elapsed - heard.at;
    return !isGone(instance) && (silentMs < STALE_MS || this.#mayHaveSlept(beatAt));
  }

  /** Whoever was there before our silence was silent in it too, or was not heard: what it says counts from when we woke up. */
  #mayHaveSlept(beatAt: number): boolean {
    if (this.#silence === null) return false;
    const { spokeAt, noticedAt } = this.#silence;
    return spokeAt - beatAt < STALE_MS && this.#clock.elapsed() - noticedAt < STALE_MS;
  }

  /** The machine slept, or this process stood still. */
  #noticeSilence(): void {
    const now = this.#clock.now();
    if (this.#saidAt === null || now - this.#saidAt < STALE_MS) return;
    this.#silence = { spokeAt: this.#saidAt, noticedAt: this.#clock.elapsed() };
    this.#saidAt = now;
  }

  async #write(key: string, value: unknown): Promise<void> {
    for (;;) {
      const document = await this.#metadata.get(key);
      if ((await this.#metadata.compareAndSet(key, document?.version ?? null, value)) !== null) return;
    }
  }
}
