import { foldDecision } from '../core/fold/decision.ts';
import type { FoldContext, FoldSettings } from '../core/fold/effects.ts';
import { forgetLate, isOfErased, refuseContent } from '../core/fold/erase.ts';
import { foldRawItem } from '../core/fold/raw-item.ts';
import { beginSnapshot, stageChunk } from '../core/fold/snapshot.ts';
import { foldVerdict } from '../core/fold/verdict.ts';
import { carriesContent } from '../core/item-text.ts';
import { accountName, lateVectorKey, scopeName } from '../core/keys.ts';
import { newRunRow, type RunRow, type ScopeRow } from '../core/ledger.ts';
import type {
  Decision,
  EnrichedItem,
  ItemVerdict,
  LateVector,
  RawItem,
  SnapshotChunk,
  SyncFinished,
  SyncStarted,
} from '../schemas/generated/records.ts';
import type { LeftOut } from './batch-letters.ts';
import { contentHashOf, contentOf, hashBytes } from './content.ts';
import type { FoldInput } from './fold-input.ts';
import { actedEvent, type Draft, type UnitOfWork } from './unit-of-work.ts';

type Produced = {
  readonly eventId: string;
  readonly provider: string;
  readonly user: string;
  readonly syncId: string;
  readonly fence: number;
  readonly seq: number;
};

/** Folds one record into a unit of work; snapshot ends are the caller's. See core/fold for the rules. */
export class RecordFolder {
  readonly #unit: UnitOfWork;
  readonly #settings: FoldSettings;

  constructor(unit: UnitOfWork, settings: FoldSettings) {
    this.#unit = unit;
    this.#settings = settings;
  }

  async fold(input: FoldInput): Promise<void> {
    const { type, value } = input.decoded;
    switch (type) {
      case 'SyncStarted':
        return this.#startRun(input, value);
      case 'SyncFinished':
        return this.#finishRun(input, value);
      case 'EnrichedItem':
        return this.#foldItem(input, value);
      case 'LateVector':
        return this.#foldLateVector(input, value);
      case 'SnapshotBegin':
        return this.#foldBegin(input, value);
      case 'SnapshotChunk':
        return this.#foldChunk(input, value);
      case 'ItemVerdict':
        return this.#foldVerdict(input, value);
      case 'Decision':
        return this.#foldDecision(input, value);
      default:
        throw new Error(`a ${type} does not belong into this topic`);
    }
  }

  /**
   * Laws 1 and 2: false for a record of another run than the latest begun before it, and for a copy. Numbers of a run ascend,
   * so a number that was seen is a copy; redriven records are fenced at their first position and known by their event id.
   */
  async accepts(input: FoldInput, value: Produced): Promise<boolean> {
    const name = accountName(value);
    if (input.first !== input.position) {
      const run = await this.#unit.runBefore(name, input.first);
      return run !== null && run.fence === value.fence && this.#unit.isNewEvent(`redriven ${name} ${value.eventId}`);
    }
    const account = await this.#unit.account(name);
    if (value.fence !== account.fence || value.syncId !== account.syncId || value.seq <= account.seq) return false;
    account.seq = value.seq;
    this.#unit.changedAccount(account);
    return true;
  }

  async context(
    input: FoldInput,
    scope: ScopeRow,
    value: { readonly provider: string; readonly user: string; readonly eventId: string; readonly at: number },
    run: RunRow | null,
  ): Promise<FoldContext> {
    const account = await this.#unit.account(accountName(value));
    return {
      position: input.position,
      first: input.first,
      key: input.key,
      otherKeys: input.otherKeys,
      eventId: value.eventId,
      at: value.at,
      scope,
      account,
      run,
      effects: this.#unit.effects,
      settings: this.#settings,
    };
  }

  /**
   * The store does not take the item of a record. True where it is a copy of what was taken, or is in the dead letters already,
   * where it is not to be too: redriven it would be taken a second time (law 1), as would a copy that the store takes later, which
   * is why the number counts as seen. Its content goes from the log, as the row cannot note its keys (law 7).
   */
  async leaveOut(input: FoldInput, { notesKeys }: LeftOut): Promise<boolean> {
    const { type, value } = input.decoded;
    if (type === 'EnrichedItem' || type === 'ItemVerdict') {
      const produced = type === 'EnrichedItem' ? value.item : value;
      const isCopy = await this.#isCopy(input, produced);
      if (!isCopy && input.first === input.position) await this.accepts(input, produced);
      if (type === 'EnrichedItem') await this.#leaveOutContent(input, value.item, isCopy);
      if (type === 'EnrichedItem' && !isCopy && notesKeys) await this.noteContent(input, value);
      return isCopy;
    }
    return type === 'Decision' && this.#leaveOutDecision(input, value);
  }

  /**
   * A log may hold a record twice under one key: what the row has taken is not erased with a copy, nor what a dead letter stands
   * for. What stands for an earlier attempt of this one was redriven already. The row knows no key of what holds no content.
   */
  async #leaveOutContent({ key, otherKeys }: FoldInput, item: RawItem, isCopy: boolean): Promise<void> {
    const letter = `letter ${key}`;
    await this.#unit.loadEvents([letter]);
    if (!isCopy) this.#unit.isNewEvent(letter);
    else if (carriesContent(item)) {
      const { contentKeys } = this.#unit.draft(scopeName(item), item.itemId).row;
      const idle = (this.#unit.isKnownEvent(letter) ? otherKeys : [key, ...otherKeys]).filter(
        (each) => !contentKeys.includes(each),
      );
      this.#unit.effects.tombstones.push(...idle.flatMap((each) => [each, lateVectorKey(each)]));
    }
  }

  /** Law 7: content that is not taken must not outlive a purge, when no dead letter holds it any more either. */
  async noteContent(input: FoldInput, { item, textHash }: EnrichedItem): Promise<void> {
    if (!carriesContent(item)) return;
    const draft = this.#unit.draft(scopeName(item), item.itemId);
    const known = draft.row.contentKeys.length;
    const scope = await this.#unit.scope(draft.scope);
    refuseContent(await this.context(input, scope, item, null), draft.row, textHash ?? '');
    if (draft.row.contentKeys.length !== known) draft.dirty = true;
  }

  async #isCopy({ first, position }: FoldInput, value: Produced): Promise<boolean> {
    const name = accountName(value);
    if (first !== position) return this.#unit.isKnownEvent(`redriven ${name} ${value.eventId}`);
    const account = await this.#unit.account(name);
    return value.fence === account.fence && value.syncId === account.syncId && value.seq <= account.seq;
  }

  /** What is in the dead letters came back, too, as far as its run waits for it. */
  async #leaveOutDecision(input: FoldInput, decision: Decision): Promise<boolean> {
    const isCopy = this.#unit.isKnownEvent(`decision ${decision.eventId}`);
    if (isCopy) this.#eraseCopy(input);
    else if (this.#unit.isNewEvent(`left out ${decision.eventId}`))
      this.#countBack(await this.#unit.run(decision.syncId), decision);
    return isCopy;
  }

  /** A log may hold a decision twice under one key: erasing the copy would erase what acted, and undo it with the next rebuild. */
  #eraseCopy({ key, otherKeys }: FoldInput): void {
    const idle = [key, ...otherKeys].filter((each) => !this.#unit.isKnownEvent(actedEvent(each)));
    this.#unit.effects.tombstones.push(...idle);
  }

  async #startRun(input: FoldInput, start: SyncStarted): Promise<void> {
    const name = accountName(start);
    const account = await this.#unit.account(name);
    // Only a higher number begins a run; a redriven start never does (law 1).
    if (input.first !== input.position || start.fence <= account.fence) return;
    await this.#endOvertaken(input, account.syncId, start.at);
    account.fence = start.fence;
    account.syncId = start.syncId;
    account.seq = start.seq;
    if (start.credentialKind !== null && start.credentialKind !== 'public') account.publicOnly = false;
    this.#unit.changedAccount(account);
    this.#unit.addRun(
      newRunRow({
        syncId: start.syncId,
        account: name,
        fence: start.fence,
        mode: start.mode,
        causedBy: start.causedBy,
        commandId: start.commandId,
        startedPosition: input.position,
        startedAt: start.at,
      }),
    );
  }

  /** Law 1: nothing of it is accepted any more, so its end never comes. What it was to do is done by whoever reads its command. */
  async #endOvertaken(input: FoldInput, syncId: string | null, at: number): Promise<void> {
    const run = await this.#unit.run(syncId);
    if (run === null || run.status !== 'running') return;
    run.status = 'aborted';
    run.error = 'another run took over';
    run.finishedPosition = input.position;
    run.finishedAt = at;
    this.#unit.changedRun(run);
  }

  async #finishRun(input: FoldInput, finish: SyncFinished): Promise<void> {
    if (!(await this.accepts(input, finish))) return;
    const run = await this.#unit.run(finish.syncId);
    if (run === null) return;
    run.finishedPosition = input.position;
    run.finishedAt = finish.at;
    run.status = finish.status;
    run.error = finish.error;
    run.producerCounts = { ...finish.counts };
    this.#unit.changedRun(run);
    const cause = run.commandId === null ? null : await this.#unit.run(run.causedBy);
    if (cause === null) return;
    cause.waitingCommands = cause.waitingCommands.filter((id) => id !== run.commandId);
    this.#unit.changedRun(cause);
  }

  async #foldItem(input: FoldInput, enriched: EnrichedItem): Promise<void> {
    const { item } = enriched;
    const draft = this.#unit.draft(scopeName(item), item.itemId);
    const accepted = await this.accepts(input, item);
    const scope = await this.#unit.scope(draft.scope);
    const run = await this.#unit.run(item.syncId);
    const context = await this.context(input, scope, item, run);
    draft.dirty = true;
    if (!accepted) {
      if (carriesContent(item)) refuseContent(context, draft.row, enriched.textHash ?? '');
      return;
    }
    const hadContent = draft.row.contentHash;
    const hashes = { content: contentHashOf(item.document), text: enriched.textHash ?? '' };
    const change = foldRawItem(context, draft.row, item, hashes);
    this.#unit.changedRun(run);
    if (change === 'none') return;
    if (change !== 'full' || draft.row.contentHash !== hadContent || draft.content === null)
      draft.content = contentOf(item);
    if (change !== 'link') takeVector(draft, enriched);
  }

  async #foldLateVector(input: FoldInput, late: LateVector): Promise<void> {
    const draft = this.#unit.draft(scopeName(late), late.itemId);
    const scope = await this.#unit.scope(draft.scope);
    const context = await this.context(input, scope, late, null);
    if (draft.row.state === 'purged' || draft.row.blocked || isOfErased(draft.row, input.key)) {
      context.effects.tombstones.push(input.key);
      forgetLate(context, draft.row, late.textHash);
      return;
    }
    if (draft.row.textHash !== late.textHash || draft.row.vectorHash !== '') return;
    draft.dirty = true;
    draft.vector = { model: late.model, dimensions: late.dimensions, bytes: late.vector };
    draft.row.vectorHash = hashBytes(late.vector);
  }

  async #foldBegin(input: FoldInput, begin: Parameters<typeof beginSnapshot>[1]): Promise<void> {
    if (input.first !== input.position || !(await this.accepts(input, begin))) return;
    const scope = await this.#unit.scope(scopeName(begin));
    const run = await this.#unit.run(begin.syncId);
    if (run !== null) run.asOf = begin.asOf;
    this.#unit.changedRun(run);
    beginSnapshot(scope, begin, input.position);
    this.#unit.discardChunks.push(scope.scope);
    this.#unit.changedScope(scope);
  }

  async #foldChunk(input: FoldInput, chunk: SnapshotChunk): Promise<void> {
    if (input.first !== input.position || !(await this.accepts(input, chunk))) return;
    const scope = await this.#unit.scope(scopeName(chunk));
    this.#unit.changedScope(scope);
    if (!stageChunk(scope, chunk)) return;
    this.#unit.chunks.push({
      scope: scope.scope,
      snapshotId: chunk.snapshotId,
      index: chunk.index,
      itemIds: chunk.itemIds,
      documentHashes: chunk.documentHashes,
      savedAt: chunk.savedAt,
    });
  }

  async #foldVerdict(input: FoldInput, verdict: ItemVerdict): Promise<void> {
    if (!(await this.accepts(input, verdict))) return;
    const draft = this.#unit.draft(scopeName(verdict), verdict.itemId);
    const scope = await this.#unit.scope(draft.scope);
    const run = await this.#unit.run(verdict.syncId);
    draft.dirty = true;
    foldVerdict(await this.context(input, scope, verdict, run), draft.row, verdict);
    this.#unit.changedScope(scope);
    this.#unit.changedRun(run);
  }

  async #foldDecision(input: FoldInput, decision: Decision): Promise<void> {
    const draft = this.#unit.draft(scopeName(decision), decision.itemId);
    const scope = await this.#unit.scope(draft.scope);
    const run = await this.#unit.run(decision.syncId);
    const context = await this.context(input, scope, decision, run);
    if (!this.#unit.isNewEvent(`decision ${decision.eventId}`)) return this.#eraseCopy(input);
    draft.dirty = true;
    if (!this.#unit.isKnownEvent(`left out ${decision.eventId}`)) this.#countBack(run, decision);
    // What was left out at its earlier keys, and is left to this copy.
    context.effects.tombstones.push(...input.otherKeys);
    if (!foldDecision(context, draft.row, decision)) return;
    this.#unit.isNewEvent(actedEvent(input.key));
    if (decision.operation !== 'purge') return;
    draft.content = null;
    draft.vector = null;
    draft.eraseHistory = true;
    this.#unit.forgetHistory(draft.scope, decision.itemId);
  }

  #countBack(run: RunRow | null, { author }: Decision): void {
    if (run === null || author !== 'sink') return;
    run.waitingDecisions--;
    this.#unit.changedRun(run);
  }
}

/** Law 9: the vector of a text stays while the text stays; a text that could not be embedded yet gets a late vector. */
function takeVector(draft: Draft, enriched: EnrichedItem): void {
  const { row } = draft;
  const textHash = enriched.textHash ?? '';
  const sameText = row.textHash === textHash && row.vectorHash !== '' && draft.vector !== null;
  row.textHash = textHash;
  if (sameText) return;
  if (enriched.vector === null || enriched.model === null || enriched.dimensions === null) {
    draft.vector = null;
    row.vectorHash = '';
    return;
  }
  draft.vector = { model: enriched.model, dimensions: enriched.dimensions, bytes: enriched.vector };
  row.vectorHash = hashBytes(enriched.vector);
}
