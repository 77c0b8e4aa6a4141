import { randomUUID } from 'node:crypto';
import { InputError, messageOf } from '../core/errors.ts';
import type { App } from './app.ts';
import { BEAT_MS, type Role } from './presence.ts';

const STAND_STILL_MS = 60_000;
const POLL_MS = 25;
/** The document that holds the token of who took it last: the pause itself does not tell who had it in between. */
const HOLDER_KEY = 'pause-holder';
type Locking = Pick<App, 'metadata' | 'presence' | 'roles' | 'clock' | 'telemetry'>;

/** One rebuild, backup or move of the log at a time, and the roles that stand still for it. */
export class PauseLock {
  /** Of the instances in this process: by its name alone, one could not be told from itself. */
  static readonly #held = new Set<string>();
  readonly #app: Locking;
  readonly #token: string;
  readonly #stopped = new AbortController();
  #roles: readonly Role[] = [];
  #stoodStill = false;
  #loop: Promise<void> = Promise.resolve();

  private constructor(app: Locking, token: string) {
    this.#app = app;
    this.#token = token;
  }

  /** Rejects with InputError while somebody else has it. */
  static async take(app: Locking): Promise<PauseLock> {
    const lock = await PauseLock.tryTake(app);
    if (lock === null)
      throw new InputError(
        'this data folder is rebuilt, backed up, restored or migrated just now: try again when that is done',
      );
    return lock;
  }

  /** Null while somebody else has it, here or in another process. */
  static async tryTake(app: Locking): Promise<PauseLock | null> {
    const { instance } = app.presence;
    if (PauseLock.#held.has(instance)) return null;
    PauseLock.#held.add(instance);
    const token = await takeToken(app).catch((error: unknown) => {
      PauseLock.#held.delete(instance);
      throw error;
    });
    if (token === null) {
      PauseLock.#held.delete(instance);
      return null;
    }
    const lock = new PauseLock(app, token);
    lock.#loop = lock.#beat();
    return lock;
  }

  /** Resolves when the roles run nowhere; rejects after a minute, and where somebody else took it. */
  async standStill(roles: readonly Role[]): Promise<void> {
    this.#roles = roles;
    this.#stoodStill = true;
    await this.assertHeld();
    await this.#app.roles.reconcile();
    const { clock, presence } = this.#app;
    const until = clock.elapsed() + STAND_STILL_MS;
    for (;;) {
      const elsewhere = await presence.elsewhere();
      const here = this.#app.roles.running;
      const left = roles.filter((role) => elsewhere.has(role) || here.includes(role));
      if (left.length === 0) return;
      if (clock.elapsed() > until)
        throw new Error(`${left.join(', ')} did not stand still: try again, or stop the other processes`);
      await clock.sleep(POLL_MS);
    }
  }

  /**
   * Says again that it is ours. False where this process stood still for so long that somebody else took it, also where they
   * let go of it since: what is there is theirs by now.
   */
  async isHeld(): Promise<boolean> {
    const { presence } = this.#app;
    // Who lost it keeps nobody else from it.
    if (!(await this.#isOurs()) || !(await presence.pause(this.#roles))) return false;
    if (await this.#isOurs()) return true;
    await presence.resume();
    return false;
  }

  /** Before what cannot be taken back. Throws where somebody else took it. */
  async assertHeld(): Promise<void> {
    if (await this.isHeld()) return;
    throw new Error(
      'this process stood still for so long that another one rebuilds, backs up or restores now: nothing was changed by this one, so try again when that is done',
    );
  }

  async resume(): Promise<void> {
    this.#roles = [];
    await this.isHeld();
  }

  async release(): Promise<void> {
    this.#stopped.abort();
    try {
      await this.#loop;
      await removeToken(this.#app, this.#token);
      await this.#app.presence.resume();
    } finally {
      PauseLock.#held.delete(this.#app.presence.instance);
    }
    // A role that takes the lock and is stopped meanwhile would wait for itself.
    if (!this.#stoodStill) return;
    // What was done stands, whatever starts again; what does not is tried every second.
    await this.#app.roles
      .reconcile()
      .catch((error: unknown) =>
        this.#app.telemetry.log.warn('a role does not go on after the standstill', { error: messageOf(error) }),
      );
  }

  async #isOurs(): Promise<boolean> {
    return (await this.#app.metadata.get(HOLDER_KEY))?.value === this.#token;
  }

  async #beat(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#app.clock.sleep(BEAT_MS, this.#stopped.signal).catch(() => undefined);
      if (this.#stopped.signal.aborted) return;
      // Nobody waits for this loop before the end, so what it threw would end the process. The next beat says it again.
      await this.isHeld().catch((error: unknown) =>
        this.#app.telemetry.log.warn('that others stand still could not be asked for; the next beat does it', {
          error: messageOf(error),
        }),
      );
    }
  }
}

/** Null while somebody else has it. */
async function takeToken({ metadata, presence }: Locking): Promise<string | null> {
  const token = randomUUID();
  for (;;) {
    const before = await metadata.get(HOLDER_KEY);
    if (!(await presence.pause([]))) return null;
    // Whoever took it since wrote theirs: then who pauses is asked again.
    if ((await metadata.compareAndSet(HOLDER_KEY, before?.version ?? null, token)) !== null) return token;
  }
}

async function removeToken({ metadata }: Locking, token: string): Promise<void> {
  const stored = await metadata.get(HOLDER_KEY);
  if (stored?.value === token) await metadata.remove(HOLDER_KEY, stored.version);
}
