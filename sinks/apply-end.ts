import { type Applying, applyAbsent, applyListed, isCandidate, wouldGo } from '../core/fold/apply-snapshot.ts';
import type { FoldContext } from '../core/fold/effects.ts';
import { type Gap, GapFinder } from '../core/fold/gaps.ts';
import type { Finding } from '../core/fold/merge.ts';
import { coverageOf, finishSnapshot, type Refusal, refuseEarly, refuseLate } from '../core/fold/snapshot.ts';
import { accountName, kindOf, scopeName } from '../core/keys.ts';
import { type Judgement, newLedgerRow, type RunRow, type ScopeRow, showsAll } from '../core/ledger.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import { SetDigest } from '../core/set-digest.ts';
import type { SnapshotEnd } from '../schemas/generated/records.ts';
import { COMMAND_IDS } from './owed.ts';
import { type MergeResult, SnapshotMerge } from './snapshot-merge.ts';
import type { UnitOfWork } from './unit-of-work.ts';

/** What applying a snapshot needs of the loop that reads the log. */
export interface EndDeps {
  readonly store: ItemStore;
  /** A unit of work that was just committed, or is new. */
  readonly newUnit: () => UnitOfWork;
  /** Commits what the unit holds, without moving the applied position. */
  readonly commitStep: (unit: UnitOfWork, at: number) => Promise<void>;
  readonly contextFor: (unit: UnitOfWork, scope: ScopeRow, run: RunRow | null) => Promise<FoldContext>;
  readonly pause: () => Promise<void>;
  /** rows changed in one commit */
  readonly stepRows: number;
}

/**
 * Applies a snapshot: compares it with the ledger without changing anything, decides whether it counts, then changes row by
 * row in small steps. Every step can be repeated: after a crash the comparison is made again, finds what is left, and judges
 * by the figures that were kept. The last step is the caller's commit, which also moves the applied position.
 */
export async function applyEnd(deps: EndDeps, said: SnapshotEnd): Promise<UnitOfWork> {
  const unit = deps.newUnit();
  const account = await unit.account(accountName(said));
  // Earlier versions did not say in SyncStarted what an account is connected with; what only a token can prove tells it. One that was
  // aborted proves nothing.
  if (said.status === 'complete' && said.proof !== 'walks' && account.publicOnly === true) {
    account.publicOnly = false;
    unit.changedAccount(account);
  }
  const end: SnapshotEnd = showsAll(account, said.proof) ? said : { ...said, coverage: 'unknown' };
  const scope = await unit.scope(scopeName(end));
  const run = await unit.run(end.syncId);
  unit.changedScope(scope);
  unit.changedRun(run);
  const context = await deps.contextFor(unit, scope, run);
  const early = refuseEarly(scope, end);
  if (early !== null) return refuse(unit, context, end, early);
  const { staged } = scope;
  if (staged === null) throw new Error('refuseEarly lets no snapshot through that is not staged');
  const merge = new SnapshotMerge(deps.store, scope, end, deps.pause);
  const merged = await merge.run();
  const judgement = staged.judgement ?? (await judge(deps, scope, context, end, merge, merged));
  const late = refuseLate(scope, end, { ...merged, ...judgement, byKind: judgement.byKind ?? {} });
  if (late !== null && staged.judgement === null) return refuse(unit, context, end, late);
  staged.judgement = judgement;
  if (run !== null) {
    run.snapshotId = end.snapshotId;
    run.counts.unchanged = judgement.overlap;
  }
  const last = await applyFindings(deps, unit, { end, staged, judgement }, merged);
  const finished = await last.scope(scope.scope);
  finishSnapshot(finished, end, staged.begin);
  last.changedScope(finished);
  last.discardChunks.push(scope.scope);
  await report(last, end, 'applied', '', merged.count, judgement);
  return last;
}

/** Counts, before anything is changed, what law 4 judges by. */
async function judge(
  deps: EndDeps,
  scope: ScopeRow,
  context: FoldContext,
  end: SnapshotEnd,
  merge: SnapshotMerge,
  merged: MergeResult,
): Promise<Judgement> {
  const begin = scope.staged?.begin ?? -1;
  const going = new Map<string, number>();
  const missing = new Map<string, number[]>();
  const least = end.asOf === null ? 0 : context.settings.guardNeighbours;
  const absent = merged.findings.filter((finding) => finding.entry === null);
  for (let from = 0; from < absent.length; from += deps.stepRows) {
    const ids = absent.slice(from, from + deps.stepRows).map((finding) => finding.itemId);
    const rows = await deps.store.rows(scope.scope, ids);
    for (const id of ids) {
      const row = rows.get(id) ?? newLedgerRow(id);
      if (least > 0 && row.savedAt !== null && isCandidate(context, row, end, begin))
        datesOf(missing, kindOf(id)).push(row.savedAt);
      if (!wouldGo(context, row, end, begin)) continue;
      going.set(kindOf(id), (going.get(kindOf(id)) ?? 0) + 1);
    }
    await deps.pause();
  }
  const { count: listed, scopeCount, overlap } = merged;
  const kinds = [...merged.byKind].map(([kind, counted]) => [kind, { ...counted, going: going.get(kind) ?? 0 }]);
  const all = [...going.values()].reduce((sum, count) => sum + count, 0);
  return {
    listed,
    scopeCount,
    overlap,
    going: all,
    byKind: Object.fromEntries(kinds) as NonNullable<Judgement['byKind']>,
    gaps: await findGaps(merge, missing, least),
  };
}

function datesOf(byKind: Map<string, number[]>, kind: string): number[] {
  const dates = byKind.get(kind) ?? [];
  byKind.set(kind, dates);
  return dates;
}

/** Of an export: neighbours that are missing together, held ones among them, by kind of id, each of which is a list of its own. */
async function findGaps(
  merge: SnapshotMerge,
  missing: ReadonlyMap<string, readonly number[]>,
  least: number,
): Promise<Readonly<Record<string, readonly Gap[]>>> {
  const finders = new Map<string, GapFinder>();
  for (const [kind, dates] of missing) if (dates.length >= least) finders.set(kind, new GapFinder(dates, least));
  if (finders.size === 0) return {};
  for await (const entries of merge.listed())
    for (const { itemId, savedAt } of entries) if (savedAt !== null) finders.get(kindOf(itemId))?.see(savedAt);
  return Object.fromEntries([...finders].map(([kind, finder]) => [kind, finder.gaps()]));
}

/** Changes the rows step by step; the last step is left uncommitted in the unit that is given back. */
async function applyFindings(
  deps: EndDeps,
  first: UnitOfWork,
  applying: Applying,
  merged: MergeResult,
): Promise<UnitOfWork> {
  const { end } = applying;
  const name = scopeName(end);
  const { findings } = merged;
  const candidates: { itemId: string; judgedAt: number }[] = [];
  let unit = first;
  for (let from = 0; from < findings.length; from += deps.stepRows) {
    if (from > 0) {
      await deps.commitStep(unit, end.at);
      await deps.pause();
      unit = deps.newUnit();
    }
    await applyStep(deps, unit, applying, findings.slice(from, from + deps.stepRows), candidates);
  }
  await recheck(deps, unit, applying, merged, candidates, name);
  return unit;
}

async function applyStep(
  deps: EndDeps,
  unit: UnitOfWork,
  applying: Applying,
  findings: readonly Finding[],
  candidates: { itemId: string; judgedAt: number }[],
): Promise<void> {
  const { end } = applying;
  const name = scopeName(end);
  await unit.loadItems(
    name,
    findings.map((finding) => finding.itemId),
  );
  const scope = await unit.scope(name);
  const run = await unit.run(end.syncId);
  const context = await deps.contextFor(unit, scope, run);
  const digest = new SetDigest(scope.listedDigest);
  const wanted: string[] = [];
  for (const { itemId, entry } of findings) {
    const draft = unit.draft(name, itemId);
    const wasListed = draft.row.listed;
    draft.dirty = true;
    draft.wasListed = wasListed;
    if (entry === null) {
      const { judgedAt } = draft.row;
      if (applyAbsent(context, draft.row, applying) === 'recheck') candidates.push({ itemId, judgedAt });
    } else if (applyListed(context, draft.row, entry, applying)) wanted.push(itemId);
    if (wasListed && !draft.row.listed) digest.remove(itemId);
    if (!wasListed && draft.row.listed) digest.add(itemId);
    scope.listedCount += Number(draft.row.listed) - Number(wasListed);
  }
  scope.listedDigest = digest.toString();
  unit.changedScope(scope);
  unit.changedRun(run);
  for (let from = 0; from < wanted.length; from += COMMAND_IDS) {
    context.effects.commands.push({
      kind: 'backfill',
      scope: name,
      reason: 'listed, and its content is missing or has changed',
      itemIds: wanted.slice(from, from + COMMAND_IDS),
      causedBy: end.syncId,
    });
  }
}

/** Law 3: the provider is asked about candidates; outside a window in rotation, least recently asked first. */
async function recheck(
  deps: EndDeps,
  unit: UnitOfWork,
  { end, staged, judgement }: Applying,
  merged: MergeResult,
  candidates: { itemId: string; judgedAt: number }[],
  name: string,
): Promise<void> {
  if (candidates.length === 0) return;
  const scope = await unit.scope(name);
  const context = await deps.contextFor(unit, scope, await unit.run(end.syncId));
  const ordered = candidates.toSorted((a, b) => a.judgedAt - b.judgedAt);
  const asked = coverageOf(end) === 'complete' ? ordered : ordered.slice(0, context.settings.recheckLimit);
  const ids = asked.map((candidate) => candidate.itemId);
  await unit.loadItems(name, ids);
  for (const itemId of ids) {
    const draft = unit.draft(name, itemId);
    draft.row.judgedAt = staged.begin;
    draft.dirty = true;
  }
  for (let from = 0; from < ids.length; from += COMMAND_IDS) {
    context.effects.commands.push({
      kind: 'recheck',
      scope: name,
      snapshotId: end.snapshotId,
      snapshotBegin: staged.begin,
      scopeCount: judgement.scopeCount,
      emptyListing: merged.count === 0,
      itemIds: ids.slice(from, from + COMMAND_IDS),
      controlIds: merged.controls,
      causedBy: end.syncId,
    });
  }
}

/** The snapshot does not count, and says so; it changes nothing. */
async function refuse(unit: UnitOfWork, context: FoldContext, end: SnapshotEnd, refusal: Refusal): Promise<UnitOfWork> {
  const { scope } = context;
  if (refusal.full === true)
    context.effects.commands.push({
      kind: 'full',
      account: context.account.account,
      reason: refusal.reason,
      causedBy: end.syncId,
    });
  if (refusal.outcome === 'same' && context.run !== null) context.run.counts.unchanged = end.count;
  if (scope.staged?.snapshotId === end.snapshotId) {
    scope.staged = null;
    unit.discardChunks.push(scope.scope);
  }
  await report(unit, end, refusal.outcome, refusal.reason, end.count, null);
  return unit;
}

async function report(
  unit: UnitOfWork,
  end: SnapshotEnd,
  outcome: string,
  reason: string,
  count: number,
  judgement: Judgement | null,
): Promise<void> {
  const run = await unit.run(end.syncId);
  if (run !== null) {
    run.snapshotId = end.snapshotId;
    run.snapshotOutcome = reason === '' ? outcome : `${outcome}: ${reason}`;
    unit.changedRun(run);
  }
  unit.effects.outcomes.push({
    scope: scopeName(end),
    itemId: null,
    syncId: end.syncId,
    snapshotId: end.snapshotId,
    kind: `snapshot ${outcome}`,
    reason,
    count,
    evidence: { ...judgement },
  });
}
