import { FencedError, messageOf } from '../core/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/telemetry.ts';
import { BEAT_MS, type Presence, ROLES, type Role } from './presence.ts';

/** A role that runs. */
export interface RunningRole {
  /** Finishes what is under way, and takes nothing more. */
  stop(): Promise<void>;
}

export type RoleStarters = Readonly<Record<Role, () => Promise<RunningRole>>>;

/** Roles that keep the applied positions of a store in memory, or the model that its vectors are of. */
const BOUND_TO_STORE: readonly Role[] = ['scheduler', 'embed', 'sink'];

export interface RoleHostDeps {
  readonly presence: Presence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly starters: RoleStarters;
  /** Another generation of the store counts by now; and going on to it. */
  readonly isStale: () => Promise<boolean>;
  readonly refresh: () => Promise<unknown>;
  /** Why nothing may run here any more: its log was left for another one, or its store taken for one. Null where it may. */
  readonly whyLeft: () => Promise<string | null>;
}

/**
 * Runs roles in this process: starts them from the end of the stream to its beginning, stops them the other way round, says
 * which run here, lets them stand still while a rebuild switches, and takes over roles that are needed and whose process died.
 */
export class RoleHost {
  readonly #deps: RoleHostDeps;
  readonly #running = new Map<Role, RunningRole>();
  /** run here in any case */
  readonly #wanted = new Set<Role>();
  /** run here unless another process has them */
  readonly #needed = new Set<Role>();
  /** those that were to run here when it was last looked */
  #dueHere: ReadonlySet<Role> = new Set();
  readonly #stopped = new AbortController();
  readonly #left = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #loop: Promise<void> | null = null;
  #lastFailure = '';

  constructor(deps: RoleHostDeps) {
    this.#deps = deps;
  }

  get running(): readonly Role[] {
    return ROLES.filter((role) => this.#running.has(role));
  }

  /** Roles that should run here and do not. One that stands still, or that another process has, is not missing. */
  get missing(): readonly Role[] {
    return ROLES.filter((role) => this.#dueHere.has(role) && !this.#running.has(role));
  }

  /** Aborted, with an error for people, when the log or the store went to others: nothing runs here any more, and never will. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** Runs the roles here. Rejects when one cannot be started. */
  async start(roles: readonly Role[]): Promise<void> {
    for (const role of roles) this.#wanted.add(role);
    await this.reconcile();
    this.#supervise();
  }

  /** Makes sure that the roles run: here, or in another process of the data folder. */
  async ensure(roles: readonly Role[]): Promise<void> {
    for (const role of roles) this.#needed.add(role);
    await this.reconcile();
    this.#supervise();
  }

  /** Brings what runs into line with what should. One at a time. */
  reconcile(): Promise<void> {
    const turn = this.#turn.then(() => this.#reconcile());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Stops all roles in order, from the beginning of the stream to its end. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    await this.#turn;
    for (const role of ROLES) await this.#stop(role);
    await this.#deps.presence.leave();
  }

  async #reconcile(): Promise<void> {
    // Who ends a standstill while the process ends must not start again what was stopped.
    if (this.#stopped.signal.aborted) return;
    const due = await this.#due();
    this.#dueHere = due;
    for (const role of ROLES) if (this.#running.has(role) && !due.has(role)) await this.#stop(role);
    if (!this.#left.signal.aborted && (await this.#deps.isStale())) await this.#goOn();
    await this.#deps.presence.beat(ROLES.filter((role) => due.has(role)));
    const failures: unknown[] = [];
    for (const role of ROLES.toReversed()) {
      if (!due.has(role) || this.#running.has(role)) continue;
      await this.#start(role).catch((error: unknown) => {
        failures.push(error);
      });
    }
    const [failure] = failures;
    if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
  }

  async #due(): Promise<ReadonlySet<Role>> {
    const { presence, whyLeft } = this.#deps;
    const left = await whyLeft();
    if (left !== null) this.#left.abort(new FencedError(left));
    if (this.#left.signal.aborted) return new Set();
    const paused = await presence.paused();
    const elsewhere = this.#needed.size > 0 ? await presence.elsewhere() : new Set<Role>();
    // A role that runs here already stays, though another process has it too: it is stopped with the command.
    const isNeeded = (role: Role): boolean =>
      this.#needed.has(role) && (this.#running.has(role) || !elsewhere.has(role));
    return new Set(ROLES.filter((role) => !paused.has(role) && (this.#wanted.has(role) || isNeeded(role))));
  }

  /** What keeps something of the old generation in memory begins anew on the next one. */
  async #goOn(): Promise<void> {
    for (const role of BOUND_TO_STORE) await this.#stop(role);
    await this.#deps.refresh();
    this.#deps.logger.info('another generation of the store counts now');
  }

  async #start(role: Role): Promise<void> {
    this.#running.set(role, await this.#deps.starters[role]());
    this.#deps.logger.debug('a role was started', { role });
  }

  async #stop(role: Role): Promise<void> {
    const running = this.#running.get(role);
    if (running === undefined) return;
    this.#running.delete(role);
    await running.stop();
    this.#deps.logger.debug('a role was stopped', { role });
  }

  #supervise(): void {
    this.#loop ??= this.#run();
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    while (!this.#stopped.signal.aborted) {
      await clock.sleep(BEAT_MS, this.#stopped.signal).catch(() => undefined);
      if (this.#stopped.signal.aborted) return;
      await this.reconcile().then(
        () => this.#note(''),
        (error: unknown) => this.#note(messageOf(error)),
      );
    }
  }

  /** What fails is tried every second, and said once. */
  #note(failure: string): void {
    if (failure !== '' && failure !== this.#lastFailure) {
      this.#deps.logger.error('a role could not be started; it is tried again', { error: failure });
    }
    this.#lastFailure = failure;
  }
}
