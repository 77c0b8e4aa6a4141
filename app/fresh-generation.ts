import type { ErasedText } from '../core/erased-text.ts';
import { accountName, parseScope } from '../core/keys.ts';
import type { ScopeRow } from '../core/ledger.ts';
import type { EventLog } from '../core/ports/event-log.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { EmbeddingCache } from '../processors/embed/embedding-cache.ts';
import { OutboxSender } from '../sinks/outbox.ts';
import { resumeOffset } from '../sinks/rebuild.ts';
import { UnitOfWork } from '../sinks/unit-of-work.ts';
import type { VectorCache } from '../sinks/vector-source.ts';
import type { App } from './app.ts';

const PAGE_ROWS = 500;

/** What the old generation owes is in nobody's memory afterwards. */
export async function sendDebts(app: App): Promise<void> {
  const { log, store, clock, random, telemetry } = app;
  const sender = new OutboxSender({ log, store, clock, random, logger: telemetry.log, owns: () => true });
  await sender.drain();
}

/** Says to a fresh generation of this log where in `enriched` to go on, and what was compared before. */
export async function resumeAt(app: App, log: EventLog, fresh: ItemStore): Promise<void> {
  const scopes = await comparedScopes(app, fresh);
  for (const { partition } of await log.ends('ingest')) {
    const expected = await fresh.progress(partition);
    const nextOffset = await resumeOffset(log, partition, expected.position);
    const unit = new UnitOfWork(fresh);
    for (const row of scopes) {
      if (log.partitionOf(accountName(parseScope(row.scope))) === partition) unit.changedScope(row);
    }
    await fresh.commit(unit.changeSet(partition, expected, { position: expected.position, nextOffset }));
  }
}

/** Law 6: whether both sides held the same set is found by the live sink, and still holds of the same snapshot. */
async function comparedScopes(app: App, fresh: ItemStore): Promise<readonly ScopeRow[]> {
  if (app.stores.lost) return [];
  const before = new Map((await app.store.scopes()).map((row) => [row.scope, row]));
  return (await fresh.scopes()).flatMap((row) => {
    const was = before.get(row.scope);
    if (was === undefined || was.applied?.snapshotId !== row.applied?.snapshotId) return [];
    return [{ ...row, converged: was.converged, convergedAt: was.convergedAt }];
  });
}

/**
 * Law 7: vectors of texts that only the old generation has are forgotten with it; later no ledger names them, and no purge
 * would reach them.
 */
export async function forgetTextsOnlyOf(old: ItemStore, fresh: ItemStore, cache: EmbeddingCache): Promise<void> {
  for (const { scope } of await old.scopes()) {
    for (let after: string | null = null; ; ) {
      const page: readonly { readonly itemId: string }[] = await old.glance(scope, after, PAGE_ROWS);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.itemId;
      const rows = await old.rows(
        scope,
        page.map(({ itemId }) => itemId),
      );
      const gone: ErasedText[] = [];
      for (const { itemId, textHash } of rows.values())
        if (textHash !== '' && !(await fresh.usesText(textHash)))
          gone.push({ textHash, scope, itemId, position: null });
      await cache.remove(gone);
    }
  }
  await cache.eraseFreed();
}

/** The embedding cache as a rebuild takes vectors from it. */
export function vectorCache(cache: EmbeddingCache): VectorCache {
  return {
    async getMany(model, textHashes) {
      const found = await cache.getMany(model, textHashes);
      return new Map([...found].map(([textHash, { vector }]) => [textHash, vector]));
    },
    putMany: (model, vectors) =>
      cache.putMany(
        model,
        [...vectors].map(([textHash, vector]) => ({ textHash, vector, truncated: false })),
      ),
  };
}
