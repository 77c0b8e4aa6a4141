import type { App } from '../../app/app.ts';
import { type Config, loadConfig } from '../../app/config.ts';
import { openApp } from '../../app/open-app.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { type Explanation, explainItem } from '../../app/use-cases/explain.ts';
import { listItems } from '../../app/use-cases/items.ts';
import { drain } from '../../app/use-cases/settle.ts';
import { readStatus } from '../../app/use-cases/status.ts';
import { isJournalEvent } from '../../core/journal.ts';
import { type Proof, proveLog } from '../../testing/log-checker/prove-log.ts';
import type { Deployment } from './deployment.test-support.ts';

/** What a story ends in. Times and positions in the log are left out: they are not the same in two tellings. */
export interface Ending {
  /** of everything: id, state, flags, content hash, vector hash */
  readonly digest: string;
  readonly deadLetters: number;
  readonly accounts: readonly object[];
  /** by account and item */
  readonly explanations: Readonly<Record<string, object>>;
  /** by account and item that the journal tells of: what left the collection or came back, why, and by whom, in this order */
  readonly journal: Readonly<Record<string, readonly string[]>>;
  /** what its topics say of themselves: nothing, where the laws held */
  readonly proof: Pick<Proof, 'violations' | 'sameDigest'>;
}

const STATES = 'all';
const PAGE = 1_000;
const AT_ONCE = 50;
const SETTLE_MS = 60_000;

/** As it is now. */
export async function digestOf(on: Deployment): Promise<string> {
  return (await on.desk.status()).digest;
}

/** Waits until nothing moves any more. */
export async function endOf(on: Deployment): Promise<Ending> {
  const config: Config = loadConfig({ dataDir: on.desk.path }, on.desk.env);
  const app = await openApp(config, createTelemetry({ level: 'silent', secrets: [] }));
  try {
    if (!(await drain(app, SETTLE_MS))) throw new Error('something still moves');
    const { digest, deadLetters, accounts } = await readStatus(app);
    const { violations, sameDigest } = await proveLog(app);
    return {
      digest,
      deadLetters,
      accounts: accounts
        .map(({ provider, user, active, trash, held, purged, pinned, blocked, stub, digest: own, converged }) => {
          return { account: `${provider}/${user}`, active, trash, held, purged, pinned, blocked, stub, own, converged };
        })
        .sort((a, b) => (a.account < b.account ? -1 : 1)),
      ...(await explainAll(app)),
      proof: { violations, sameDigest },
    };
  } finally {
    await app.close();
  }
}

/** Every item's, as `explain --json` gives it. */
async function explainAll(app: App): Promise<Pick<Ending, 'explanations' | 'journal'>> {
  const explanations: Record<string, object> = {};
  const journal: Record<string, readonly string[]> = {};
  const comparable = new Comparable();
  for (let after: string | null = null; ; ) {
    const page = await listItems(app, { state: STATES, limit: PAGE, after });
    for (let from = 0; from < page.items.length; from += AT_ONCE) {
      const part = page.items.slice(from, from + AT_ONCE);
      const explained = await Promise.all(part.map((item) => explainItem(app, item, item.itemId)));
      for (const each of explained) {
        const account = `${each.provider}/${each.user}`;
        const name = `${account} ${each.itemId}`;
        explanations[name] = comparable.of(account, each);
        const told = each.history.filter(({ event }) => isJournalEvent(event));
        if (told.length > 0)
          journal[name] = told.map(({ event, reason, author }) => `${event} by ${author}: ${reason}`);
      }
    }
    after = page.next;
    if (after === null) return { explanations, journal };
  }
}

/** Facts that are others in each telling: moments, positions, and which ids were asked for as a control. */
const OTHER_EACH_TIME = new Set(['at', 'askedAt', 'begin', 'seenAt', 'lastSighting', 'position']);

/** Makes what two tellings explain comparable: ids of snapshots become the order in which they come up in the account. */
class Comparable {
  readonly #snapshots = new Map<string, string>();

  of(account: string, explained: Explanation): object {
    return { ...explained, history: explained.history.map((line) => this.#value(account, line)) };
  }

  #value(account: string, value: unknown, name = ''): unknown {
    if (OTHER_EACH_TIME.has(name)) return `its ${name}`;
    if (name === 'snapshotId' && typeof value === 'string') return this.#nameOf(account, value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    if (name === 'controls') return Object.values(value).map(String).sort();
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#value(account, each, key)]));
  }

  #nameOf(account: string, snapshotId: string): string {
    const id = `${account} ${snapshotId}`;
    const name = this.#snapshots.get(id) ?? `snapshot ${this.#snapshots.size}`;
    this.#snapshots.set(id, name);
    return name;
  }
}
