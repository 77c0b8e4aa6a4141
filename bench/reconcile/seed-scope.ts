import { mkdirSync } from 'node:fs';
import { scopeName } from '../../core/keys.ts';
import { type LedgerRow, newLedgerRow, newScopeRow } from '../../core/ledger.ts';
import type { ItemChange, ItemStore } from '../../core/ports/item-store.ts';
import { SetDigest } from '../../core/set-digest.ts';
import { contentHashOf } from '../../sinks/content.ts';
import { openSqliteStore } from '../../sinks/sqlite/sqlite-store.ts';
import { sampleId } from '../sample-items.ts';
import { filesOf } from '../stack.ts';
import { FIRST_AS_OF, hasVanished, SCOPE, savedAtOf } from './scope.ts';

export interface SeedInput {
  readonly dataDir: string;
  readonly items: number;
}

/** Digests of the snapshot that is to come: of the ids, and of ids with dates. */
export interface SeedResult {
  readonly digest: string;
  readonly contentDigest: string;
  readonly count: number;
}

const ITEMS_AT_ONCE = 1_000;
const NOTHING = {
  scopes: [],
  accounts: [],
  runs: [],
  history: [],
  events: [],
  outbox: [],
  chunks: [],
  discardChunks: [],
} as const;

/** A store as it stands after a first snapshot of all items, each with its content. */
export async function seedScope({ dataDir, items }: SeedInput): Promise<SeedResult> {
  mkdirSync(dataDir, { recursive: true });
  const store = await openSqliteStore({ file: filesOf(dataDir).store });
  const numbers = Array.from({ length: items }, (_, n) => n).sort((a, b) => (sampleId(a) < sampleId(b) ? -1 : 1));
  const all = new SetDigest();
  const staying = { digest: new SetDigest(), contentDigest: new SetDigest(), count: 0 };
  for (let from = 0; from < items; from += ITEMS_AT_ONCE) {
    const changes = numbers.slice(from, from + ITEMS_AT_ONCE).map((n) => {
      const itemId = sampleId(n);
      all.add(itemId);
      if (hasVanished(n)) return changeOf(itemId, n);
      staying.digest.add(itemId);
      staying.contentDigest.add(`${itemId}|${savedAtOf(itemId)}`);
      staying.count++;
      return changeOf(itemId, n);
    });
    await commit(store, { items: changes });
  }
  const applied = {
    snapshotId: 'first',
    syncId: 'first',
    begin: -1,
    at: FIRST_AS_OF,
    coverage: 'complete',
    kinds: [''],
    proof: 'absence',
    asOf: FIRST_AS_OF,
    asOfByKind: { '': FIRST_AS_OF },
    seenAt: FIRST_AS_OF,
    undatedAt: null,
    count: items,
    digest: all.toString(),
    contentDigest: '',
    partial: false,
  } as const;
  const scope = { ...newScopeRow(scopeName(SCOPE)), applied, listedDigest: all.toString(), listedCount: items };
  await commit(store, { items: [], scopes: [scope] });
  await store.close();
  return { digest: staying.digest.toString(), contentDigest: staying.contentDigest.toString(), count: staying.count };
}

async function commit(
  store: ItemStore,
  change: Partial<Parameters<ItemStore['commit']>[0]> & { readonly items: readonly ItemChange[] },
): Promise<void> {
  const expected = await store.progress(0);
  await store.commit({ ...NOTHING, partition: 0, expected, ...expected, ...change });
}

function changeOf(itemId: string, n: number): ItemChange {
  const content = {
    url: `https://www.tiktok.com/@someone/video/${itemId}`,
    title: `number ${n}`,
    author: 'someone',
    body: null,
    savedAt: savedAtOf(itemId),
    createdAt: null,
    thumbnailUrl: null,
    extra: '{}',
    payload: null,
  };
  const hash = contentHashOf(content);
  const row: LedgerRow = {
    ...newLedgerRow(itemId),
    state: 'active',
    listed: true,
    content: 'full',
    documentHash: hash,
    contentHash: hash,
    savedAt: content.savedAt,
    firstSeenAt: FIRST_AS_OF,
    lastSeenAt: FIRST_AS_OF,
  };
  return { scope: scopeName(SCOPE), row, content };
}
