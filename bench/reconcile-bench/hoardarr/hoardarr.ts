import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createLiveProviders } from '../../../app/live-providers.ts';
import { connect } from '../../../app/use-cases/connect.ts';
import { listHeld } from '../../../app/use-cases/held.ts';
import { importExport } from '../../../app/use-cases/import-export.ts';
import { drain } from '../../../app/use-cases/settle.ts';
import { readStatus } from '../../../app/use-cases/status.ts';
import { syncAccount } from '../../../app/use-cases/sync.ts';
import { messageOf } from '../../../core/errors.ts';
import { scopeName } from '../../../core/keys.ts';
import type { LedgerGlance } from '../../../core/ledger.ts';
import { loadTokenizer } from '../../../processors/embed/openai/tokens.ts';
import { Cluster } from '../../../tests/simulation/cluster.ts';
import type { Contender, SavedItem } from '../contender.ts';
import type { EmbeddingApi } from '../embedding-api.ts';
import type { World } from '../world/world.ts';
import { BilledEmbedder } from './billed-embedder.ts';

const USER = 'me';
const MINUTE_MS = 60_000;
/** For whoever waits for what does not come. */
const PATIENCE_MS = 120 * MINUTE_MS;
const SETTLE_MS = 10 * MINUTE_MS;
/** For a walk, and for everything else that does not wait for an embedding. */
const GO_ON_MS = 10 * MINUTE_MS;
/** Of the clock: the benchmark waits for what cannot happen. */
const CLOCK_ERROR = /^nothing is left that could happen|^it did not happen within/;
const MOST_ROWS = 10_000;
/** Nothing is synced but what the history asks for. */
const QUIET = { HOARDARR_SYNC_INTERVAL_SECONDS: '31536000', HOARDARR_FULL_AFTER_HOURS: '87600' };

export interface HoardarrParts {
  readonly seed: number;
  readonly embeddings: EmbeddingApi;
  readonly refused: ReadonlySet<string>;
  /** what is not left at its default */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The product: what `npm start` runs, every role of it, with its own producers, settings and guard. Only the log, the store,
 * the clock and the network are in memory.
 */
export class Hoardarr implements Contender {
  /** how often a person was asked: to look at a removal that is held, to connect again */
  asked = 0;
  readonly #cluster: Cluster;
  readonly #world: World;
  readonly #scope: string;
  readonly #held = new Set<string>();
  #files = 0;

  private constructor(cluster: Cluster, world: World) {
    this.#cluster = cluster;
    this.#world = world;
    const [provider, collection] = world.listing === null ? ['tiktok', 'favorites'] : ['github', 'starred'];
    this.#scope = scopeName({ provider, user: USER, collection });
  }

  /** @param openWorld is given the clock on which everything happens */
  static async open<W extends World>(
    parts: HoardarrParts,
    openWorld: (now: () => number) => W,
  ): Promise<readonly [Hoardarr, W]> {
    // Else the first long text would wait for it, in the machine's time.
    await loadTokenizer();
    let now = (): number => 0;
    const world = openWorld(() => now());
    const { listing } = world;
    const cluster = new Cluster({
      seed: parts.seed,
      env: {
        ...QUIET,
        ...(listing === null ? { TIKTOK_OEMBED_URL: 'off' } : { GITHUB_API_URL: listing.service.origin }),
        ...parts.env,
      },
      oembed: listing === null ? unreachable : listing.service.fetch,
      embedder: (clock, latencyMs) => new BilledEmbedder(parts.embeddings, clock, latencyMs),
      ...(listing === null ? {} : { live: (deps, config) => createLiveProviders(deps, config, listing.service.fetch) }),
    });
    now = () => cluster.clock.now();
    // Modules that are loaded at the first start take the machine's time, as files do.
    const loading = cluster.clock.reading();
    await cluster.open();
    loading.done();
    const hoardarr = new Hoardarr(cluster, world);
    for (const store of cluster.generations.made) store.refuse = (_scope, itemId) => parts.refused.has(itemId);
    await hoardarr.#connect();
    return [hoardarr, world];
  }

  /** Begins to know the account, where there is one to be known; also again, with the credentials that are valid now. */
  async #connect(): Promise<void> {
    const { listing } = this.#world;
    if (listing === null) return;
    const { signal } = new AbortController();
    const how = { by: 'token', token: listing.token } as const;
    await this.#attempt(connect(this.#cluster.front, { provider: 'github', user: USER, how, signal }));
  }

  async sync(): Promise<void> {
    if (await this.#needsReauth()) {
      this.asked++;
      await this.#connect();
    }
    await this.#attempt(syncAccount(this.#cluster.front, { provider: 'github', user: USER, full: true }));
    await this.#settle();
  }

  async takeExport(bytes: string): Promise<void> {
    const file = path.join(this.#cluster.folder, `${this.#files++}-user_data_tiktok.json`);
    writeFileSync(file, bytes);
    const reading = this.#cluster.clock.reading();
    const progress = ({ phase }: { readonly phase: string }): void => {
      if (phase !== 'read') reading.done();
    };
    const request = { provider: 'tiktok', user: USER, file, asOf: null, progress };
    await this.#attempt(importExport(this.#cluster.front, request).finally(reading.done));
    await this.#settle();
  }

  /** Its log gets a copy of the last record of the item. What it never recorded cannot be late. */
  async deliver({ id }: SavedItem): Promise<void> {
    const { log, front } = this.#cluster;
    const record = log
      .all('ingest')
      .findLast(
        ({ key, value }) => key.includes(`|${id}|`) && value !== null && front.codec.decode(value).type === 'RawItem',
      );
    if (record === undefined) return;
    const account = this.#scope.split('/').slice(0, 2).join('/');
    await log.append('ingest', log.partitionOf(account), [{ ...record, key: `${record.key}~late` }]);
    await this.#settle();
  }

  async ids(): Promise<ReadonlySet<string>> {
    return new Set((await this.#rows()).filter(canBeFound).map(({ itemId }) => itemId));
  }

  async waiting(): Promise<ReadonlySet<string>> {
    return new Set((await this.#rows()).filter(({ state }) => state === 'held').map(({ itemId }) => itemId));
  }

  async #rows(): Promise<readonly LedgerGlance[]> {
    const store = await this.#cluster.generations.open(1);
    return store.glance(this.#scope, null, MOST_ROWS);
  }

  async goOn(): Promise<void> {
    await this.#cluster.clock.advance(GO_ON_MS);
  }

  async pass(ms: number): Promise<void> {
    await this.#cluster.clock.leap(ms);
  }

  async close(): Promise<void> {
    await this.#cluster.close();
  }

  async #settle(): Promise<void> {
    await this.#attempt(drain(this.#cluster.front, SETTLE_MS));
    for (const { id } of (await this.#attempt(listHeld(this.#cluster.front))) ?? []) {
      if (this.#held.has(id)) continue;
      this.#held.add(id);
      this.asked++;
    }
  }

  async #needsReauth(): Promise<boolean> {
    const status = await this.#attempt(readStatus(this.#cluster.front));
    return status?.accounts.some(({ needsReauth }) => needsReauth) ?? false;
  }

  /** What it refuses, or fails at, is its answer. */
  async #attempt<T>(work: Promise<T>): Promise<T | null> {
    try {
      return await this.#cluster.run(work, PATIENCE_MS);
    } catch (error) {
      const isOurs = error instanceof TypeError || error instanceof RangeError || CLOCK_ERROR.test(messageOf(error));
      if (isOurs) throw error;
      return null;
    }
  }
}

function canBeFound({ state, content, hidden }: LedgerGlance): boolean {
  return (state === 'active' || state === 'held') && content === 'full' && !hidden;
}

const unreachable: typeof fetch = async () => {
  throw new Error('nobody is asked');
};
