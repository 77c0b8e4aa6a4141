import { messageOf } from '../core/errors.ts';
import { Rounds } from '../core/rounds.ts';
import type { App } from './app.ts';
import { dueSlot, readBackupState, readSchedule, writeBackupState } from './backup-schedule.ts';
import { PauseLock } from './pause-lock.ts';
import { type Backup, makeBackupLocked, pruneBackups } from './use-cases/backups.ts';

/** The first look is not at once, since everything starts then. */
const LOOK_MS = 15_000;
const RETRY_MS = 900_000;
const LONGEST_RETRY_MS = 6 * 3_600_000;

/**
 * Makes the backups that the schedule names, and those that were missed while nothing ran. Of several processes one does, since
 * it has the PauseLock and looks there again. Older ones go only after the new one was read back. What fails is kept for the
 * notifier and the API, and tried again.
 */
export class BackupRunner {
  readonly #app: App;
  readonly #rounds: Rounds;

  constructor(app: App) {
    this.#app = app;
    this.#rounds = new Rounds({
      clock: app.clock,
      everyMs: LOOK_MS,
      startsLater: true,
      round: () => this.#lookSafely(),
    });
  }

  async start(): Promise<void> {
    this.#rounds.start();
  }

  /** Lets a backup that is under way come to its end. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  async #lookSafely(): Promise<void> {
    await this.look().catch((error: unknown) =>
      this.#app.telemetry.log.error('whether a backup is due could not be looked up; the next look does it', {
        error: messageOf(error),
      }),
    );
  }

  /** Makes what is due. */
  async look(): Promise<void> {
    if ((await this.#due()) === null) return;
    const lock = await PauseLock.tryTake(this.#app);
    if (lock === null) return;
    try {
      const slot = await this.#due();
      if (slot !== null) await this.#make(slot);
    } finally {
      await lock.release();
    }
  }

  async #due(): Promise<number | null> {
    const { metadata, clock, config } = this.#app;
    if (config.store !== 'sqlite') return null;
    const now = clock.now();
    const state = await readBackupState(metadata);
    const slot = dueSlot(await readSchedule(metadata), state, now);
    const { failure } = state;
    if (slot === null || failure?.slot !== slot || failure.at > now) return slot;
    const waitMs = Math.min(RETRY_MS * 2 ** (failure.attempts - 1), LONGEST_RETRY_MS);
    return now - failure.at < waitMs ? null : slot;
  }

  async #make(slot: number): Promise<void> {
    const { metadata, clock, telemetry, config } = this.#app;
    const { withKey, keep } = await readSchedule(metadata);
    let made: Backup;
    try {
      made = await makeBackupLocked(this.#app, withKey, true);
    } catch (caught) {
      const error = telemetry.redactor.text(messageOf(caught));
      telemetry.log.error('a backup of the schedule failed; it is tried again', { error });
      const state = await readBackupState(metadata);
      const attempts = state.failure?.slot === slot ? state.failure.attempts + 1 : 1;
      await writeBackupState(metadata, { ...state, failure: { slot, at: clock.now(), error, attempts } });
      return;
    }
    await writeBackupState(metadata, { doneSlot: slot, failure: null });
    const removed = await pruneBackups(config, keep, made.name);
    if (removed.length > 0) telemetry.log.info('older backups of the schedule were removed', { removed });
  }
}
