import { lastSeen, newScopeRow } from '../../../core/ledger.ts';
import type { ItemStore } from '../../../core/ports/item-store.ts';
import type { Cluster } from '../cluster.ts';
import type { Owner } from '../neighbours.ts';
import type { Oracle } from '../oracle.ts';
import type { Source } from '../source.ts';
import type { Evidence } from './evidence.ts';
import { type Kept, orderIn, proveLaws } from './prove-laws.ts';

/** A history that came to its end. */
interface Ended {
  readonly cluster: Cluster;
  readonly oracle: Oracle;
  readonly owners: readonly Owner[];
  readonly source: Source;
  readonly refused: ReadonlySet<string>;
  readonly wasAhead: boolean;
  readonly mayEmbedTwice: boolean;
  readonly mayLackLetters: boolean;
  evidenceOf(owner: Owner): Evidence;
  store(): Promise<ItemStore>;
  rebuild(): Promise<unknown>;
  settle(): Promise<unknown>;
  rebuildWith(model: string): Promise<{ readonly embeddingCalls: number } | null>;
}

const OTHER_MODEL = 'counting-2';

interface Guard {
  readonly guardItems: number;
  readonly guardShare: number;
}

/** When the faults have ended and everything came to rest: what the store holds is what all that was ever written makes of it. */
export async function judgeAtRest(ended: Ended, guard: Guard): Promise<void> {
  const { cluster, oracle, owners } = ended;
  for (const owner of owners) await judgeAccount(ended, owner, guard);
  if (owners.length > 1)
    for (const violation of orderIn(cluster.evidence, (account) => cluster.log.partitionOf(account)))
      oracle.violate(violation);
}

async function judgeAccount(ended: Ended, owner: Owner, guard: Guard): Promise<void> {
  const { cluster, source } = ended;
  const { oracle, saved } = owner;
  const { embedder, log } = cluster;
  const evidence = ended.evidenceOf(owner);
  const store = await ended.store();
  const items: Kept[] = [];
  const scope = (await store.scope(oracle.scope)) ?? newScopeRow(oracle.scope);
  for (const [n, row] of (await oracle.rows(store)).entries()) {
    const vector = (await store.item(oracle.scope, row.itemId))?.vector ?? null;
    const history = await store.history(oracle.scope, row.itemId);
    items.push({ row, lastSeen: lastSeen(row, scope), vector, history, mark: `mark-${n}-` });
  }
  const wrong = proveLaws({
    evidence,
    items,
    partitionOf: (account) => log.partitionOf(account),
    ...guard,
    dimensions: embedder.dimensions,
    mayLackVectors: ended.wasAhead,
    // The store refuses nothing of a neighbour.
    refused: saved === source ? ended.refused : new Set(),
    mayLackLetters: ended.mayLackLetters || ended.mayEmbedTwice || ended.oracle.reached['rebuilt'] !== undefined,
  });
  for (const violation of wrong) oracle.violate(violation);
  for (const syncId of evidence.syncIds()) {
    const run = await store.run(syncId);
    if (run !== null && (run.waitingDecisions > 0 || run.waitingCommands.length > 0))
      oracle.violate(`what run ${syncId} (${run.mode}) caused never came back`);
  }
}

/** Law 8: a rebuild emits nothing that was emitted before. */
export async function rebuildSilently(ended: Ended): Promise<void> {
  const { evidence } = ended.cluster;
  const before = new Set(evidence.eventIds(['commands', 'outcomes']));
  const written = evidence.written.length;
  await ended.rebuild();
  await ended.settle();
  for (const eventId of evidence.eventIds(['commands', 'outcomes'], written))
    if (before.has(eventId)) ended.oracle.violate(`a rebuild emits again: ${eventId}`);
}

/** Law 9: what one model made of a text is not taken for what another makes of it. */
export async function rebuildWithAnotherModel(ended: Ended): Promise<void> {
  const { oracle } = ended;
  const report = await ended.rebuildWith(OTHER_MODEL);
  if (report === null) return oracle.violate('a rebuild with another model failed');
  oracle.reach('rebuilt with another model');
  const store = await ended.store();
  const embedded = (await oracle.rows(store)).filter(({ vectorHash }) => vectorHash !== '');
  for (const { itemId } of embedded) {
    const model = (await store.item(oracle.scope, itemId))?.vector?.model;
    if (model !== OTHER_MODEL) oracle.violate(`${itemId} has a vector of ${model} after a rebuild with another model`);
  }
  if (embedded.length > 0 && report.embeddingCalls === 0)
    oracle.violate('vectors of one model were taken for those of another');
}
