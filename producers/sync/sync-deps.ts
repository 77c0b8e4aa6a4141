import type { LedgerView } from '../../core/ports/ledger-view.ts';
import type { Secrets } from '../../core/ports/secrets.ts';
import type { RunDeps } from '../run-deps.ts';
import type { Cadence } from './cadence.ts';

/** What syncs, rechecks and backfills of live providers work with. */
export interface SyncDeps extends RunDeps {
  readonly ledger: LedgerView;
  readonly secrets: Secrets;
  readonly cadence: Cadence;
}
