import { messageOf } from '../../core/errors.ts';
import { type Account, accountName } from '../../core/keys.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { Telemetry } from '../../core/ports/telemetry.ts';
import { Rounds } from '../../core/rounds.ts';
import { readSyncMetadata, type SyncMetadata } from '../sync-metadata.ts';
import { type Cadence, cadenceFor, nextSyncAt } from './cadence.ts';
import { writeSyncCommand } from './sync-command.ts';

export interface SchedulerDeps {
  readonly log: EventLog;
  readonly codec: SchemaCodec;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly cadence: Cadence;
  /** names of the providers that can be asked for a list */
  readonly providers: readonly string[];
}

/** How often the accounts are looked through, ms; less where the cadence is quicker. */
const LOOK_MS = 5_000;

/**
 * Asks for the syncs that are due. It only writes commands, so that any number of schedulers and producers may run: whoever
 * moves the account's next date by compare-and-set is the one that asks.
 */
export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #rounds: Rounds;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    const everyMs = Math.min(LOOK_MS, deps.cadence.intervalMs / 2);
    this.#rounds = new Rounds({ clock: deps.clock, everyMs, round: () => this.#lookSafely() });
  }

  async start(): Promise<void> {
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  async #lookSafely(): Promise<void> {
    await this.look().catch((error: unknown) =>
      this.#deps.telemetry.log.error('syncs that are due could not be asked for; the next look does it', {
        error: messageOf(error),
      }),
    );
  }

  /** Asks for what is due now. Resolves to how many syncs that were. */
  async look(): Promise<number> {
    const { metadata, clock, random } = this.#deps;
    let asked = 0;
    for (const provider of this.#deps.providers) {
      for (const { key, value, version } of await metadata.list(`${provider}:`)) {
        const account: Account = { provider, user: key.slice(provider.length + 1) };
        const stored = readSyncMetadata(account, value);
        const cadence = cadenceFor(stored, this.#deps.cadence);
        const now = clock.now();
        if (!isDue(stored, now, cadence)) continue;
        const next = { ...stored, nextSyncAt: nextSyncAt(now, random(), cadence) };
        if ((await metadata.compareAndSet(key, version, next)) === null) continue;
        // A crash in between leaves this one out; the next date comes all the same.
        await writeSyncCommand(this.#deps, {
          account,
          mode: 'delta',
          reason: 'due',
          eventId: `due:${accountName(account)}:${stored.nextSyncAt}:${now}`,
          deadlineMs: cadence.intervalMs,
        });
        asked++;
      }
    }
    return asked;
  }
}

/** A date beyond any that this clock would give was given by one that was ahead. */
function isDue(stored: SyncMetadata, now: number, { intervalMs }: Cadence): boolean {
  const { credentialKind, paused, needsReauth, nextSyncAt: at, lease } = stored;
  const isOver = (date: number): boolean => date <= now || date > now + 2 * intervalMs;
  const isFree = lease === null || isOver(lease.expiresAt);
  return credentialKind !== null && !paused && !needsReauth && isOver(at) && isFree;
}
