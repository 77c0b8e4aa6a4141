import { parseScope, type Scope } from '../../core/keys.ts';
import type { ScopeTotals } from '../../core/ports/item-store.ts';
import type { App } from '../app.ts';
import { hasModels } from '../embedder-holder.ts';
import { readTargets } from '../notify/targets.ts';
import { isRemoteEmbedder, type Outbound, outboundHosts } from '../outbound.ts';
import { SAMPLE_USER, sampleFile } from '../samples.ts';
import { VERSION } from '../version.ts';
import { readAccounts } from './accounts.ts';
import { type WayToConnect, waysToConnect } from './connections.ts';
import { coverageOf } from './status.ts';

const DAY_MS = 86_400_000;

/** How many items there are, by what becomes of them. */
export interface Counts {
  readonly active: number;
  readonly trash: number;
  readonly held: number;
}

export interface Overview {
  readonly version: string;
  readonly embedder: {
    readonly name: string;
    readonly model: string | null;
    readonly dimensions: number | null;
    /** share of the items with text that have a vector; null where none has text */
    readonly coverage: number | null;
    readonly isRemote: boolean;
    /** more than one model is there to choose from */
    readonly hasModels: boolean;
    /** null: the configuration names none, and the one that is pinned counts */
    readonly configuredModel: string | null;
  };
  readonly outbound: readonly Outbound[];
  readonly eventLog: 'embedded' | 'kafka';
  readonly store: 'sqlite' | 'couchbase';
  /** how long what was removed is kept in the trash */
  readonly trashDays: number;
  readonly totals: Counts;
  readonly collections: readonly (Scope & Counts)[];
  /** nothing was ever taken in, and no account is connected: this is the first run */
  readonly isEmpty: boolean;
  readonly hasSample: boolean;
  /** the sample can be imported here */
  readonly samples: boolean;
  readonly connecting: readonly WayToConnect[];
}

/** What a page shows before anything was asked for. Reads counts alone, and no item. */
export async function readOverview(app: App): Promise<Overview> {
  const { config } = app;
  const totals = await app.store.totals();
  const pinned = await app.stores.embedder();
  const collections = totals.map(toCollection);
  const accounts = await readAccounts(app);
  const targets = await readTargets(app);
  return {
    version: VERSION,
    embedder: {
      name: pinned?.name ?? config.embedder.name,
      model: pinned?.model ?? config.embedder.model ?? null,
      dimensions: pinned === null || pinned.dimensions === 0 ? null : pinned.dimensions,
      coverage: coverageOf(totals),
      isRemote: isRemoteEmbedder(config.embedder),
      hasModels: hasModels(config.embedder),
      configuredModel: config.embedder.model ?? null,
    },
    outbound: outboundHosts(
      config,
      targets.flatMap(({ receiver }) => receiver ?? []),
    ),
    eventLog: config.kafka === null ? 'embedded' : 'kafka',
    store: config.store,
    trashDays: config.trashMs / DAY_MS,
    totals: {
      active: sum(collections, 'active'),
      trash: sum(collections, 'trash'),
      held: sum(collections, 'held'),
    },
    collections,
    isEmpty: totals.every(hasNothing) && accounts.every(({ credentialKind }) => credentialKind === null),
    hasSample: collections.some(({ user, active }) => user === SAMPLE_USER && active > 0),
    samples: sampleFile() !== null,
    connecting: waysToConnect(config),
  };
}

function toCollection({ scope, active, trash, held }: ScopeTotals): Scope & Counts {
  return { ...parseScope(scope), active, trash, held };
}

function sum(collections: readonly Counts[], name: keyof Counts): number {
  return collections.reduce((total, counts) => total + counts[name], 0);
}

function hasNothing({ active, trash, held, purged }: ScopeTotals): boolean {
  return active + trash + held + purged === 0;
}
