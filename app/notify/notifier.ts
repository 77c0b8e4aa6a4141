import { messageOf } from '../../core/errors.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { Rounds } from '../../core/rounds.ts';
import { randomUuid } from '../../producers/uuid.ts';
import type { HeldInScope } from './notice.ts';
import { heldNow } from './owed.ts';
import type { SendDeps } from './send.ts';
import { LOOK_MS, TargetNotifier, type TargetNotifierDeps } from './target-notifier.ts';
import { readTargets, type TargetDeps } from './targets.ts';

export interface NotifierDeps extends Omit<TargetNotifierDeps, 'heldNow'>, TargetDeps {
  readonly config: SendDeps['config'] & TargetDeps['config'];
  readonly store: ItemStore;
  /** names this process, as in leases */
  readonly instance: string;
}

/**
 * Tells people what waits for them: accounts that need to be connected again, held removals, dead letters, failed backups. Who is
 * told may change at any time; each target has what it was told for itself. It looks at what is true, so that whatever came
 * together is one message. Nothing waits for it.
 */
export class Notifier {
  readonly #deps: NotifierDeps;
  /** a process may have several, one after the other */
  readonly #by: string;
  readonly #rounds: Rounds;
  #targets: ReadonlyMap<string, TargetNotifier> = new Map();
  /** as of this end of the outcomes: whatever is held or decided is told of there */
  #held: { readonly ends: string; readonly now: readonly HeldInScope[] } = { ends: '', now: [] };

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#by = `${deps.instance}:${randomUuid(deps.random)}`;
    this.#rounds = new Rounds({ clock: deps.clock, everyMs: LOOK_MS, round: () => this.#lookSafely(false) });
  }

  async start(): Promise<void> {
    this.#rounds.start();
  }

  /** Tells what is left, in one attempt: a command that ends may be the only process for hours. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await this.#lookSafely(true);
  }

  async #lookSafely(isLast: boolean): Promise<void> {
    const failed = (error: unknown): void =>
      this.#deps.telemetry.log.error('what waits for a person could not be looked up; the next look does it', {
        error: messageOf(error),
      });
    try {
      this.#targets = await this.#currentTargets();
      await Promise.all([...this.#targets.values()].map((target) => target.look(isLast).catch(failed)));
    } catch (error) {
      failed(error);
    }
  }

  /** Those that stay go on with their backoff. */
  async #currentTargets(): Promise<ReadonlyMap<string, TargetNotifier>> {
    const deps = { ...this.#deps, heldNow: (isLast: boolean) => this.#heldNow(isLast) };
    const current = new Map<string, TargetNotifier>();
    for (const { id, receiver } of await readTargets(this.#deps)) {
      if (receiver === null) continue;
      current.set(id, this.#targets.get(id) ?? new TargetNotifier(deps, id, receiver, this.#by));
    }
    return current;
  }

  async #heldNow(isLast: boolean): Promise<readonly HeldInScope[]> {
    const ends = JSON.stringify(await this.#deps.log.ends('outcomes'));
    // At the last look an outcome may still be on its way.
    if (isLast || ends !== this.#held.ends) this.#held = { ends, now: await heldNow(this.#deps.store) };
    return this.#held.now;
  }
}
