import { messageOf, PoisonError } from '../core/errors.ts';
import type { FoldSettings, ProposedDecision } from '../core/fold/effects.ts';
import { accountName } from '../core/keys.ts';
import type { RunRow } from '../core/ledger.ts';
import type { ItemStore, PartitionProgress, RefusedItem } from '../core/ports/item-store.ts';
import type { SnapshotEnd } from '../schemas/generated/records.ts';
import { applyEnd } from './apply-end.ts';
import { BatchLetters, type LeftOut, refusalOf } from './batch-letters.ts';
import { type BatchRecord, foldMarker, itemOf, prefetch } from './batch-record.ts';
import type { FoldInput } from './fold-input.ts';
import { RecordFolder } from './fold-record.ts';
import type { Owed } from './owed.ts';
import { UnitOfWork } from './unit-of-work.ts';

const STEP_ROWS = 100;

export interface ApplyDeps {
  readonly store: ItemStore;
  readonly owed: Owed;
  readonly settings: FoldSettings;
  /** law 8: a rebuild applies decisions, and owes nothing */
  readonly rebuilding: boolean;
  readonly pause: () => Promise<void>;
  /** ms: what is owed is dated with the moment at which it is decided, which may be long after the record was written */
  readonly now?: () => number;
  /** rows changed in one commit while a snapshot is applied: a few ms, so that other accounts go on */
  readonly stepRows?: number;
  /**
   * Puts a record into the dead letters, durably; called before the position moves past it. `itemId`: the record was taken but
   * for this item, one of many.
   */
  readonly deadLetter: (offset: number, error: string, itemId?: string) => Promise<void>;
  /** What the store refused; it may be told more than once. */
  readonly onRefused?: (refused: readonly RefusedItem[]) => void;
  /** Runs that a commit changed. */
  readonly onRuns?: (runs: readonly RunRow[]) => void;
  readonly onCommit?: (unit: UnitOfWork) => void;
}

/**
 * Applies the records of one partition, in order, and moves its applied position (laws 1, 2, 10). Everything of a batch is
 * committed at once, except that a snapshot's end is applied in steps of its own.
 */
export class BatchApplier {
  readonly #deps: ApplyDeps;
  readonly #partition: number;
  #progress: PartitionProgress;

  constructor(deps: ApplyDeps, partition: number, progress: PartitionProgress) {
    this.#deps = deps;
    this.#partition = partition;
    this.#progress = progress;
  }

  get progress(): PartitionProgress {
    return this.#progress;
  }

  async apply(records: readonly BatchRecord[]): Promise<void> {
    let pending: BatchRecord[] = [];
    for (const record of records) {
      if (record.kind === 'input' && record.input.decoded.type === 'SnapshotEnd') {
        await this.#applyPlain(pending);
        pending = [];
        await this.#applyEnd(record.input, record.input.decoded.value);
      } else pending.push(record);
    }
    await this.#applyPlain(pending);
  }

  /**
   * What the store refuses is folded again without: nothing that the records of such an item would have done is left, but that its
   * row knows their keys, where the store takes that.
   */
  async #applyPlain(records: readonly BatchRecord[]): Promise<void> {
    if (records.length === 0) return;
    const letters = new BatchLetters(this.#deps.deadLetter);
    for (;;) {
      const { unit, progress, at } = await this.#foldPlain(records, letters);
      if (!this.#deps.rebuilding) await this.#owe(unit, progress, at);
      const refused = await this.#deps.store.commit(unit.changeSet(this.#partition, this.#progress, progress));
      if (refused.length === 0) return this.#committed(unit, progress);
      this.#deps.onRefused?.(refused);
      letters.leaveOut(refused);
    }
  }

  async #foldPlain(
    records: readonly BatchRecord[],
    letters: BatchLetters,
  ): Promise<{ readonly unit: UnitOfWork; readonly progress: PartitionProgress; readonly at: number }> {
    const unit = new UnitOfWork(this.#deps.store);
    await prefetch(unit, records);
    const folder = new RecordFolder(unit, this.#deps.settings);
    let { position } = this.#progress;
    let nextOffset = this.#progress.nextOffset;
    let at = 0;
    for (const record of records) {
      const offset = record.kind === 'input' ? record.input.offset : record.offset;
      nextOffset = Math.max(nextOffset, offset + 1);
      const leftOut = letters.leftOut(itemOf(record));
      if (record.kind === 'input')
        at = Math.max(at, await this.#foldOne({ folder, letters }, record.input, position, leftOut));
      if (leftOut?.notesKeys !== false && (record.kind === 'marker' || record.kind === 'poison'))
        foldMarker(unit, record);
      // What is read again is in the dead letters already.
      if (record.kind === 'poison' && (record.position < 0 || record.position > position))
        await letters.write(offset, record.error);
      position = Math.max(position, record.kind === 'input' ? record.input.position : record.position);
    }
    return { unit, progress: { position, nextOffset }, at };
  }

  /** Resolves to the `at` of the record. */
  async #foldOne(
    { folder, letters }: { folder: RecordFolder; letters: BatchLetters },
    input: FoldInput,
    applied: number,
    leftOut: LeftOut | null,
  ): Promise<number> {
    const { type, value } = input.decoded;
    if (type !== 'LateVector' && input.position <= applied) {
      // A position that was applied already changes nothing, but its content must not outlive a purge (law 7).
      if (type === 'EnrichedItem' && leftOut?.notesKeys !== false) await folder.noteContent(input, value);
      return 0;
    }
    try {
      if (leftOut === null) await folder.fold(input);
      else if (!(await folder.leaveOut(input, leftOut))) await letters.write(input.offset, leftOut.reason);
    } catch (error) {
      if (!(error instanceof PoisonError) && !(error instanceof SyntaxError)) throw error;
      await letters.write(input.offset, messageOf(error));
    }
    return type === 'EnrichedItem' ? value.item.at : value.at;
  }

  async #applyEnd(input: FoldInput, end: SnapshotEnd): Promise<void> {
    const nextOffset = Math.max(this.#progress.nextOffset, input.offset + 1);
    if (input.position <= this.#progress.position) {
      await this.#commit(new UnitOfWork(this.#deps.store), { ...this.#progress, nextOffset }, end.at, input.offset);
      return;
    }
    const { store, settings, pause } = this.#deps;
    // A unit of its own: the number of the run moves only with the last step, so that after a crash in between the end is no copy.
    const folder = new RecordFolder(new UnitOfWork(store), settings);
    const accepted = input.first === input.position && (await folder.accepts(input, end));
    const unit = accepted
      ? await applyEnd(
          {
            store,
            pause,
            stepRows: this.#deps.stepRows ?? STEP_ROWS,
            newUnit: () => new UnitOfWork(store),
            commitStep: (step, at) => this.#commit(step, afterStep(this.#progress), at, input.offset),
            contextFor: (step, scope, run) => new RecordFolder(step, settings).context(input, scope, end, run),
          },
          end,
        )
      : new UnitOfWork(store);
    if (accepted) {
      const account = await unit.account(accountName(end));
      account.seq = end.seq;
      unit.changedAccount(account);
    }
    await this.#commit(unit, { position: input.position, nextOffset }, end.at, input.offset);
  }

  /** `endOffset`: of the snapshot's End that changes the items of the unit. */
  async #commit(unit: UnitOfWork, progress: PartitionProgress, at: number, endOffset: number): Promise<void> {
    const { store, rebuilding } = this.#deps;
    if (!rebuilding) await this.#owe(unit, progress, at);
    for (;;) {
      const refused = await store.commit(unit.changeSet(this.#partition, this.#progress, progress));
      if (refused.length === 0) break;
      this.#deps.onRefused?.(refused);
      await this.#leaveOut(unit, refused, endOffset);
    }
    this.#committed(unit, progress);
  }

  #committed(unit: UnitOfWork, progress: PartitionProgress): void {
    this.#progress = progress;
    this.#deps.onCommit?.(unit);
    const runs = unit.touchedRuns();
    if (runs.length > 0) this.#deps.onRuns?.(runs);
  }

  /** Law 10: what is proposed becomes a debt that is kept with the position. */
  async #owe(unit: UnitOfWork, progress: PartitionProgress, at: number): Promise<void> {
    const { owed, now } = this.#deps;
    const { effects, outbox } = unit;
    const decidedAt = Math.max(at, now?.() ?? at);
    for (const proposed of effects.decisions) {
      const draft = unit.draft(proposed.scope, proposed.itemId);
      const url = draft.content?.url ?? proposed.url ?? (await this.#urlToKeep(proposed));
      outbox.push(owed.decision(proposed, { url, savedAt: draft.row.savedAt }, decidedAt));
      const run = await unit.run(proposed.syncId);
      if (run === null || proposed.author !== 'sink') continue;
      run.waitingDecisions++;
      unit.changedRun(run);
    }
    for (const proposed of effects.commands) {
      const { entry, commandId } = owed.command(proposed, proposed.causedBy ?? 'sink', decidedAt);
      outbox.push(entry);
      const run = await unit.run(proposed.causedBy);
      if (run === null || proposed.kind === 'full') continue;
      if (!run.waitingCommands.includes(commandId)) run.waitingCommands.push(commandId);
      unit.changedRun(run);
    }
    effects.outcomes.forEach((proposed, i) =>
      // With the offset: what has no position in `ingest`, as a late vector, leaves it where it was.
      outbox.push(owed.outcome(proposed, `${this.#partition}-${progress.position}-${progress.nextOffset}-${i}`, at)),
    );
    for (const key of new Set(effects.tombstones)) {
      const account = key.slice(0, key.indexOf('|'));
      outbox.push(owed.tombstone(key, account));
    }
  }

  /** Law 7: a purge takes the content along, and the url stays in its decision alone. */
  async #urlToKeep({ operation, scope, itemId }: ProposedDecision): Promise<string | null> {
    if (operation !== 'purge') return null;
    const item = await this.#deps.store.item(scope, itemId);
    return item?.content?.url ?? null;
  }

  /** Law 10: into the dead letters first; the position moves past it only when they are there. */
  async #leaveOut(unit: UnitOfWork, refused: readonly RefusedItem[], endOffset: number): Promise<void> {
    for (const each of refused) {
      await unit.leaveOut(each.scope, each.itemId);
      await this.#deps.deadLetter(endOffset, refusalOf(each), each.itemId);
    }
  }
}

/**
 * A step moves no position, and yet a sink that was frozen between two steps must not go on beside the one that took over:
 * so each step moves the offset back by a record, which to read again changes nothing, and past the first one too.
 */
function afterStep({ position, nextOffset }: PartitionProgress): PartitionProgress {
  return { position, nextOffset: nextOffset - 1 };
}
