import type { Scope } from '../../core/keys.ts';
import { type Provider, type ProviderAnswer, RECHECK_IDS, type Session } from '../../core/ports/provider.ts';
import type { RecheckCommand } from '../../schemas/generated/records.ts';
import { toRawItem } from '../raw-item.ts';
import type { Run } from '../run.ts';
import type { RunRecord } from '../run-writer.ts';
import { completeItem } from './complete-item.ts';
import { capable, executeConnected } from './connected-run.ts';
import type { SyncDeps } from './sync-deps.ts';

/**
 * Asks the provider about candidates and writes a verdict for each (law 3). Every batch holds the control ids of its snapshot:
 * unless all of them come back as saved, whatever was said of the others is `unknown`.
 */
export async function runRecheck<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  command: RecheckCommand,
  signal: AbortSignal,
): Promise<void> {
  await executeConnected(deps, provider, command, 'recheck', signal, async (run, session) => {
    const ask = capable(provider.recheck);
    const counts: Record<string, number> = {};
    const controlIds = command.controlIds.slice(0, RECHECK_IDS / 2);
    const batch = RECHECK_IDS - controlIds.length;
    for (let from = 0; from < command.itemIds.length; from += batch) {
      const itemIds = command.itemIds.slice(from, from + batch);
      const asked = await ask(session, command.collection, [...new Set([...itemIds, ...controlIds])], run.signal);
      const answers = await doubtRestricted(deps, provider, run, command.collection, asked);
      const believed = judgeControls(command, controlIds, answers);
      const verdicts = itemIds.map((itemId) => verdictOf(run, session, command, itemId, answers, believed));
      for (const { value } of verdicts) {
        counts[value.answer] = (counts[value.answer] ?? 0) + 1;
        const labels = { provider: provider.name, answer: value.answer };
        deps.telemetry.metrics.count('hoardarr_recheck_answers', 1, labels);
      }
      const shown = believed.ok
        ? await contentsOf(deps, provider, session, run, command.collection, itemIds, answers)
        : [];
      await run.append([...verdicts, ...shown]);
    }
    return { counts: { asked: command.itemIds.length, ...counts } };
  });
}

/** What only some credentials may see is not gone because those of today do not see it. */
async function doubtRestricted<Raw, S extends Session>(
  { ledger }: SyncDeps,
  provider: Provider<Raw, S>,
  run: Run,
  collection: string,
  answers: readonly ProviderAnswer<Raw>[],
): Promise<readonly ProviderAnswer<Raw>[]> {
  const scope: Scope = { provider: provider.name, user: run.metadata.user, collection };
  const doubted: ProviderAnswer<Raw>[] = [];
  for (const answer of answers) {
    const extra = answer.answer === 'gone_upstream' ? await ledger.extraOf(scope, answer.itemId) : null;
    const isRestricted =
      extra !== null && provider.isRestricted?.(JSON.parse(extra) as Record<string, unknown>) === true;
    doubted.push(
      isRestricted ? { ...answer, answer: 'unknown', evidence: { ...answer.evidence, isRestricted } } : answer,
    );
  }
  return doubted;
}

interface Controls {
  readonly ok: boolean;
  readonly seen: Readonly<Record<string, boolean | null>>;
}

/** Where the snapshot listed nothing there is nothing to control with; the sink then only holds (law 3). */
function judgeControls<Raw>(
  { emptyListing }: RecheckCommand,
  controlIds: readonly string[],
  answers: readonly ProviderAnswer<Raw>[],
): Controls {
  const seen = Object.fromEntries(
    controlIds.map((itemId) => [itemId, answers.find((answer) => answer.itemId === itemId)?.saved ?? null]),
  );
  const ok = controlIds.length === 0 ? emptyListing : Object.values(seen).every((saved) => saved === true);
  return { ok, seen };
}

function verdictOf<Raw>(
  run: Run,
  session: Session,
  command: RecheckCommand,
  itemId: string,
  answers: readonly ProviderAnswer<Raw>[],
  controls: Controls,
): Extract<RunRecord, { readonly type: 'ItemVerdict' }> {
  const { collection, snapshotId, snapshotBegin, scopeCount, emptyListing } = command;
  const found = answers.find((answer) => answer.itemId === itemId);
  const answer = controls.ok ? (found?.answer ?? 'unknown') : 'unknown';
  const evidence = {
    ...(found?.evidence ?? { omitted: true }),
    controls: controls.seen,
    ...(controls.ok ? {} : { disbelieved: found?.answer ?? null }),
  };
  const about = { collection, itemId, snapshotId, snapshotBegin, scopeCount, emptyListing };
  return {
    type: 'ItemVerdict',
    value: { ...about, started: run.startedPosition, answer, login: session.login, evidence: JSON.stringify(evidence) },
  };
}

/** Who was asked about also showed what it is now: what has changed is written. */
async function contentsOf<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  session: S,
  run: Run,
  collection: string,
  itemIds: readonly string[],
  answers: readonly ProviderAnswer<Raw>[],
): Promise<RunRecord[]> {
  const scope: Scope = { provider: provider.name, user: run.metadata.user, collection };
  const known = await deps.ledger.known(scope, itemIds);
  const records: RunRecord[] = [];
  for (const { itemId, answer, raw } of answers) {
    const row = known.get(itemId);
    if (raw === null || answer !== 'present' || row === undefined || row.blocked) continue;
    const { content, documentHash } = toRawItem(provider, raw, true);
    if (content !== 'full' || documentHash === row.documentHash) continue;
    const item = await completeItem(deps, provider, session, raw, true, run.signal);
    records.push({ type: 'RawItem', value: { ...item, collection } });
  }
  return records;
}
