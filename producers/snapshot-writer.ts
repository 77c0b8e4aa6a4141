import type { Scope } from '../core/keys.ts';
import type { Random } from '../core/ports/clock.ts';
import type { LedgerView } from '../core/ports/ledger-view.ts';
import type { SnapshotEnd } from '../schemas/generated/records.ts';
import type { Run } from './run.ts';
import { type IdList, snapshotChunks } from './snapshot-chunks.ts';
import { randomUuid } from './uuid.ts';

/** What a completed list proves, besides its ids. */
export type Proven = Pick<
  SnapshotEnd,
  'coverage' | 'kinds' | 'proof' | 'asOf' | 'oldestRow' | 'explicitlyEmpty' | 'evidence'
>;

/** An id snapshot that was begun (law 3): it goes out before the first page is requested. */
export interface OpenSnapshot {
  readonly snapshotId: string;
  /** Writes chunks, unless the content is that of the snapshot last applied, and the End. */
  end(ids: IdList, proven: Proven, options?: { readonly withChunks?: boolean }): Promise<void>;
}

export interface SnapshotDeps {
  readonly ledger: LedgerView;
  readonly random: Random;
}

/**
 * `login`: the provider's immutable account id; null where the source has none. `asOf`: of an export that tells its moment, ms;
 * the sink takes its content no further than that.
 */
export async function beginSnapshot(
  deps: SnapshotDeps,
  run: Run,
  collection: string,
  login: string | null,
  asOf: number | null,
): Promise<OpenSnapshot> {
  const shared = { collection, snapshotId: randomUuid(deps.random) };
  await run.update((metadata) => ({
    ...metadata,
    lastSnapshot: { ...metadata.lastSnapshot, [collection]: shared.snapshotId },
  }));
  await run.append([{ type: 'SnapshotBegin', value: { ...shared, login, asOf } }]);
  return {
    snapshotId: shared.snapshotId,
    async end(ids, proven, { withChunks = false } = {}) {
      const scope = { provider: run.metadata.provider, user: run.metadata.user, collection };
      const digestOnly = !withChunks && (await isLastApplied(deps, run, scope, ids));
      let chunks = 0;
      if (!digestOnly) {
        for (const chunk of snapshotChunks(ids))
          await run.append([{ type: 'SnapshotChunk', value: { ...shared, ...chunk, index: chunks++ } }]);
      }
      const { digest, contentDigest } = ids;
      const listed = { chunks, count: ids.itemIds.length, digest, contentDigest, digestOnly };
      const stated = { ...proven, status: 'complete', reason: null, login } as const;
      await run.append([{ type: 'SnapshotEnd', value: { ...shared, ...listed, ...stated } }]);
    },
  };
}

/**
 * Whether the content is that of the snapshot last applied, and no other was begun since, which the sink may be about to
 * apply: an export cannot be asked for its chunks later.
 */
async function isLastApplied({ ledger }: SnapshotDeps, run: Run, scope: Scope, ids: IdList): Promise<boolean> {
  const applied = await ledger.applied(scope);
  return (
    applied !== null &&
    applied.contentDigest === ids.contentDigest &&
    applied.snapshotId === run.metadata.lastSnapshot[scope.collection]
  );
}
