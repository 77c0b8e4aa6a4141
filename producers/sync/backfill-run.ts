import type { Scope } from '../../core/keys.ts';
import {
  type Provider,
  type ProviderAnswer,
  type ProviderItem,
  RECHECK_IDS,
  type Session,
} from '../../core/ports/provider.ts';
import type { BackfillCommand } from '../../schemas/generated/records.ts';
import { failedItem } from '../raw-item.ts';
import type { RunRecord } from '../run-writer.ts';
import { completeItem } from './complete-item.ts';
import { capable, executeConnected } from './connected-run.ts';
import type { SyncDeps } from './sync-deps.ts';

/**
 * Fetches the content of items (law 6): the provider is asked about each, so that it also says whether it is still saved. One
 * that is saved counts as sighted; every id gets an answer, `failed` with the reason where there was none.
 */
export async function runBackfill<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  command: BackfillCommand,
  signal: AbortSignal,
): Promise<void> {
  await executeConnected(deps, provider, command, 'backfill', signal, async (run, session) => {
    const ask = capable(provider.recheck);
    const { collection } = command;
    const scope: Scope = { provider: provider.name, user: command.user, collection };
    const counts = { fetched: 0, failed: 0 };
    const distinct = [...new Set(command.itemIds)];
    for (let from = 0; from < distinct.length; from += RECHECK_IDS) {
      const ids = distinct.slice(from, from + RECHECK_IDS);
      const known = await deps.ledger.known(scope, ids);
      const wanted = ids.filter((itemId) => known.get(itemId)?.blocked !== true);
      if (wanted.length === 0) continue;
      const answers = await ask(session, collection, wanted, run.signal);
      const records: Extract<RunRecord, { readonly type: 'RawItem' }>[] = [];
      for (const itemId of wanted) {
        const answer = answers.find((each) => each.itemId === itemId);
        const item = await itemOf(deps, provider, session, itemId, answer, run.signal);
        records.push({ type: 'RawItem', value: { ...item, collection } });
      }
      for (const { value } of records) counts[value.content === 'full' ? 'fetched' : 'failed']++;
      await run.append(records);
    }
    return { counts };
  });
}

async function itemOf<Raw, S extends Session>(
  deps: SyncDeps,
  provider: Provider<Raw, S>,
  session: S,
  itemId: string,
  answer: ProviderAnswer<Raw> | undefined,
  signal: AbortSignal,
): Promise<ProviderItem> {
  const raw = answer?.raw ?? null;
  if (raw === null) return failedItem(itemId, NO_DOCUMENT, `asked for it: ${answer?.answer ?? 'no answer'}`);
  // Not saved any more: that is for a snapshot and a verdict to prove; nothing new is taken in.
  if (answer?.saved === false) return failedItem(itemId, provider.toDocument(raw), 'it is no longer saved');
  return completeItem(deps, provider, session, raw, answer?.saved === true, signal);
}

const NO_DOCUMENT = {
  url: '',
  title: null,
  author: null,
  body: null,
  savedAt: null,
  createdAt: null,
  thumbnailUrl: null,
  extra: '{}',
};
