import { isOutage } from '../core/errors.ts';
import { accountName, parseScope } from '../core/keys.ts';
import { type AppliedSnapshot, type HistoryEntry, isSettled, type RunRow, type ScopeRow } from '../core/ledger.ts';
import type { Clock } from '../core/ports/clock.ts';
import {
  type EventLog,
  type GroupLag,
  type PartitionEnd,
  RETENTION_MS,
  type TopicName,
} from '../core/ports/event-log.ts';
import type { ItemStore, PartitionProgress } from '../core/ports/item-store.ts';
import type { Logger } from '../core/ports/telemetry.ts';
import type { Owed } from './owed.ts';
import { UnitOfWork } from './unit-of-work.ts';

/** How far the log is read, and from where on it is kept. */
export type ReadingLog = Pick<EventLog, 'partitionOf' | 'ends' | 'lag'>;

/**
 * Law 6: when every decision and command of a run is settled, the sink compares its set with that of the snapshot: true or
 * false, null where the coverage was not complete. Whoever waits for a run waits for this.
 */
export class Convergence {
  readonly #store: ItemStore;
  readonly #log: ReadingLog;
  readonly #owed: Owed;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #noted = new Map<number, Set<string>>();
  /** scopes in which people decided since they were compared, by partition */
  readonly #decided = new Map<number, Set<string>>();

  constructor(deps: {
    readonly store: ItemStore;
    readonly log: ReadingLog;
    readonly owed: Owed;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#store = deps.store;
    this.#log = deps.log;
    this.#owed = deps.owed;
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  /** A commit changed these runs. */
  note(partition: number, runs: readonly RunRow[]): void {
    for (const run of runs) if (run.settledAt === null) this.#notedIn(partition).add(run.syncId);
  }

  /** A person's decision that acted may make both sides the same, or different, long after the run was settled. */
  noteDecisions(partition: number, history: readonly Pick<HistoryEntry, 'scope' | 'author'>[]): void {
    const scopes = this.#decided.get(partition) ?? new Set();
    for (const { scope, author } of history) if (author !== 'source' && author !== 'sink') scopes.add(scope);
    this.#decided.set(partition, scopes);
  }

  /** After a restart: the runs whose snapshots stand may have been settled without having been compared. */
  async resume(partition: number, owns: (account: string) => boolean): Promise<void> {
    for (const scope of await this.#store.scopes()) {
      if (!owns(accountName(parseScope(scope.scope)))) continue;
      const account = await this.#store.account(accountName(parseScope(scope.scope)));
      for (const syncId of [scope.applied?.syncId, account?.syncId])
        if (syncId !== undefined && syncId !== null) this.#notedIn(partition).add(syncId);
    }
  }

  /** Compares what has settled, and keeps the result without moving the position. Resolves to how many runs settled. */
  async settle(partition: number, progress: PartitionProgress): Promise<number> {
    const noted = this.#notedIn(partition);
    let settled = 0;
    for (const syncId of noted) {
      const run = await this.#store.run(syncId);
      if (run === null || run.settledAt !== null) {
        noted.delete(syncId);
        continue;
      }
      if (!isSettled(run) && !(await this.#isForgotten(run, partition, progress))) continue;
      await this.#close(run, partition, progress);
      noted.delete(syncId);
      settled++;
    }
    for (const name of this.#decided.get(partition) ?? []) await this.#compareAgain(name, partition, progress);
    this.#decided.delete(partition);
    return settled;
  }

  /**
   * Commands are kept for a week: what nobody executed in it, as no producer ran, will never come back. What differs for that is
   * asked for by the next snapshot.
   */
  async #isForgotten(run: RunRow, partition: number, progress: PartitionProgress): Promise<boolean> {
    const { syncId, finishedAt, waitingCommands, waitingDecisions } = run;
    if (finishedAt === null || waitingCommands.length === 0 || waitingDecisions > 0) return false;
    if (finishedAt >= this.#clock.now() - RETENTION_MS.commands) return false;
    if ((await this.#store.runsCausedBy(syncId)).some(({ status }) => status === 'running')) return false;
    if (await this.#isOnItsWay(partition, progress)) return false;
    this.#logger.warn('commands were forgotten before anybody executed them; the next snapshot asks again', {
      syncId,
      commands: waitingCommands,
    });
    run.waitingCommands = [];
    return true;
  }

  /**
   * A command of the partition is owed or not read yet, or its end is not here yet: a sink that was away for as long asks for it
   * only now, and a producer writes the end of a run before it commits the command.
   */
  async #isOnItsWay(partition: number, { position }: PartitionProgress): Promise<boolean> {
    try {
      const isOurs = (account: string): boolean => this.#log.partitionOf(account) === partition;
      if ((await this.#store.outbox(1, isOurs)).length > 0) return true;
      const { start, end } = await this.#endOf('commands', partition);
      const areRead = start >= end || (await this.#readTo(partition)) >= end;
      // Asked last: what was read before has its end before this one.
      return !areRead || position + 1 < (await this.#endOf('ingest', partition)).end;
    } catch (error) {
      if (!isOutage(error)) throw error;
      return true;
    }
  }

  async #endOf(topic: TopicName, partition: number): Promise<Pick<PartitionEnd, 'start' | 'end'>> {
    return (await this.#log.ends(topic)).find((each) => each.partition === partition) ?? { start: 0, end: 0 };
  }

  /** How far the producers have read the commands. */
  async #readTo(partition: number): Promise<number> {
    const isTheirs = (lag: GroupLag): boolean =>
      lag.group === 'producer' && lag.topic === 'commands' && lag.partition === partition;
    return (await this.#log.lag()).find(isTheirs)?.committed ?? 0;
  }

  /** Only what was compared before: what was not is compared when its run is settled. */
  async #compareAgain(name: string, partition: number, progress: PartitionProgress): Promise<void> {
    const scope = await this.#store.scope(name);
    if (scope === null || scope.applied === null || scope.converged === null) return;
    const converged = await this.#compare(scope, scope.applied).then((differences) => differences === 0);
    if (converged === scope.converged) return;
    const unit = new UnitOfWork(this.#store);
    const at = this.#clock.now();
    scope.converged = converged;
    scope.convergedAt = at;
    unit.changedScope(scope);
    const run = await unit.run(scope.applied.syncId);
    if (run !== null) run.converged = converged;
    unit.changedRun(run);
    await this.#store.commit(unit.changeSet(partition, progress, progress));
  }

  async #compare(scope: ScopeRow, applied: AppliedSnapshot): Promise<number> {
    const { begin, kinds, asOf } = applied;
    return (await this.#store.countDifferences(scope.scope, begin, kinds, asOf)) + notTaken(scope, applied);
  }

  async #close(run: RunRow, partition: number, progress: PartitionProgress): Promise<void> {
    const unit = new UnitOfWork(this.#store);
    run.settledAt = this.#clock.now();
    unit.addRun(run);
    for (const scope of await this.#store.scopes()) {
      const { applied } = scope;
      if (applied === null || applied.syncId !== run.syncId) continue;
      const differences = applied.coverage === 'complete' ? await this.#compare(scope, applied) : null;
      run.converged = differences === null ? null : differences === 0;
      scope.converged = run.converged;
      scope.convergedAt = run.settledAt;
      unit.changedScope(scope);
      const outcome = {
        scope: scope.scope,
        itemId: null,
        syncId: run.syncId,
        snapshotId: applied.snapshotId,
        kind: 'compared',
        reason: run.converged === false ? 'both sides differ' : '',
        count: differences ?? 0,
        evidence: { converged: run.converged },
      };
      unit.outbox.push(this.#owed.outcome(outcome, `compared:${run.syncId}`, run.settledAt));
    }
    await this.#store.commit(unit.changeSet(partition, progress, progress));
  }

  #notedIn(partition: number): Set<string> {
    let noted = this.#noted.get(partition);
    if (noted === undefined) {
      noted = new Set();
      this.#noted.set(partition, noted);
    }
    return noted;
  }
}

/** Ids of the snapshot that the store refused have no row that could differ. */
function notTaken(scope: ScopeRow, applied: AppliedSnapshot): number {
  return Math.abs(applied.count - scope.listedCount);
}
