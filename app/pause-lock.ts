import { InputError, messageOf } from '../core/errors.ts';
import type { App } from './app.ts';
import { BEAT_MS, type Role } from './presence.ts';

const STAND_STILL_MS = 60_000;
const POLL_MS = 25;
/** The entry in the metadata keeps other processes off, and not the rest of this one. */
const HELD = new WeakSet<App>();

/** One rebuild, backup or move of the log at a time, and the roles that stand still for it. */
export class PauseLock {
  readonly #app: App;
  readonly #stopped = new AbortController();
  #roles: readonly Role[] = [];
  #loop: Promise<void> = Promise.resolve();

  private constructor(app: App) {
    this.#app = app;
  }

  /** Rejects with InputError while somebody else has it, in this process too. */
  static async take(app: App): Promise<PauseLock> {
    const lock = await PauseLock.tryTake(app);
    if (lock === null)
      throw new InputError('this data folder is rebuilt, backed up or migrated already: try again when that is done');
    return lock;
  }

  /** Null while somebody else has it. */
  static async tryTake(app: App): Promise<PauseLock | null> {
    if (HELD.has(app)) return null;
    HELD.add(app);
    const isOurs = await app.presence.pause([]).catch((error: unknown) => {
      HELD.delete(app);
      throw error;
    });
    if (!isOurs) {
      HELD.delete(app);
      return null;
    }
    const lock = new PauseLock(app);
    lock.#loop = lock.#beat();
    return lock;
  }

  /** Resolves when the roles run nowhere; rejects after a minute. */
  async standStill(roles: readonly Role[]): Promise<void> {
    this.#roles = roles;
    await this.#app.presence.pause(roles);
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

  async resume(): Promise<void> {
    this.#roles = [];
    await this.#app.presence.pause([]);
  }

  async release(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    HELD.delete(this.#app);
    await this.#app.presence.resume();
    // What was done stands, whatever starts again; what does not is tried every second.
    await this.#app.roles
      .reconcile()
      .catch((error: unknown) =>
        this.#app.telemetry.log.warn('a role does not go on after the standstill', { error: messageOf(error) }),
      );
  }

  async #beat(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#app.clock.sleep(BEAT_MS, this.#stopped.signal).catch(() => undefined);
      if (!this.#stopped.signal.aborted) await this.#app.presence.pause(this.#roles);
    }
  }
}
