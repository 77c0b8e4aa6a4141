import { accountName, parseAccount } from '../../core/keys.ts';
import type { RunCounts, RunRow } from '../../core/ledger.ts';
import type { App } from '../app.ts';
import { readAccounts } from './accounts.ts';
import { isoOf } from './format.ts';

/** A run of a producer as people watch it: a sync, or what it caused. */
export interface RunView {
  readonly syncId: string;
  /** of the request that it executes */
  readonly commandId: string | null;
  /** the run whose effects it completes */
  readonly causedBy: string | null;
  readonly provider: string;
  readonly user: string;
  readonly mode: string;
  /** `settled`: done, and everything that it caused is applied */
  readonly status: 'running' | 'done' | 'aborted' | 'settled';
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: string | null;
  /** what was applied of it so far */
  readonly counts: RunCounts;
  readonly converged: boolean | null;
}

/** How often it is looked whether accounts have come, ms. */
const ACCOUNTS_EVERY_MS = 5_000;
/** Runs of an account that may begin between two looks. */
const MOST_BACK = 20;

/** Follows the runs of all accounts from now on, as far as the sink has come. */
export class RunTail {
  readonly #app: App;
  /** what was given last of each run that is not settled */
  readonly #open = new Map<string, string>();
  /** start of the latest run that was seen, by account */
  readonly #seen = new Map<string, number>();
  #accounts: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  private constructor(app: App) {
    this.#app = app;
  }

  /** Runs that are under way are given; those that had ended are not. */
  static async open(app: App): Promise<RunTail> {
    const tail = new RunTail(app);
    await tail.#findAccounts();
    for (const account of tail.#accounts) {
      const latest = await app.store.runBefore(account, Number.MAX_SAFE_INTEGER);
      tail.#seen.set(account, latest?.startedPosition ?? -1);
      if (latest !== null && latest.settledAt === null) tail.#open.set(latest.syncId, '');
    }
    return tail;
  }

  /** The runs that changed since the last call. */
  async read(): Promise<readonly RunView[]> {
    await this.#findAccounts();
    for (const account of this.#accounts) await this.#findRuns(account);
    const changed: RunView[] = [];
    for (const [syncId, before] of this.#open) {
      const row = await this.#app.store.run(syncId);
      const view = row === null ? null : toView(row);
      const text = JSON.stringify(view);
      if (view !== null && text !== before) changed.push(view);
      if (view === null || row?.settledAt !== null) this.#open.delete(syncId);
      else this.#open.set(syncId, text);
    }
    return changed;
  }

  async #findAccounts(): Promise<void> {
    const elapsed = this.#app.clock.elapsed();
    if (elapsed - this.#lookedAt < ACCOUNTS_EVERY_MS) return;
    this.#lookedAt = elapsed;
    this.#accounts = (await readAccounts(this.#app)).map((account) => accountName(account));
  }

  async #findRuns(account: string): Promise<void> {
    const seen = this.#seen.get(account) ?? -1;
    let position = Number.MAX_SAFE_INTEGER;
    for (let back = 0; back < MOST_BACK; back++) {
      const run = await this.#app.store.runBefore(account, position);
      if (run === null || run.startedPosition <= seen) return;
      if (back === 0) this.#seen.set(account, run.startedPosition);
      this.#open.set(run.syncId, '');
      position = run.startedPosition;
    }
  }
}

function toView(row: RunRow): RunView {
  const { syncId, commandId, causedBy, mode, status, startedAt, finishedAt, error, counts, converged } = row;
  const { provider, user } = parseAccount(row.account);
  return {
    syncId,
    commandId,
    causedBy,
    provider,
    user,
    mode,
    status: row.settledAt !== null && status === 'done' ? 'settled' : status,
    startedAt: isoOf(startedAt),
    finishedAt: isoOf(finishedAt),
    error,
    counts,
    converged,
  };
}
