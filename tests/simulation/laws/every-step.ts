import type { ItemStore } from '../../../core/ports/item-store.ts';
import { IngestOrder } from '../../../testing/log-checker/check-order.ts';
import type { Cluster } from '../cluster.ts';
import type { Owner } from '../neighbours.ts';
import type { Glimpse, Oracle } from '../oracle.ts';
import type { Source } from '../source.ts';
import { watchBegins, watchListings } from './complete.ts';
import { watchSecrets } from './decisions.ts';
import { watchHashes } from './hashes.ts';
import { RowWatch } from './row-watch.ts';
import { RecordWatch, type Watch } from './watch.ts';

/** A history that goes on. */
interface Going {
  readonly cluster: Cluster;
  readonly owners: readonly Owner[];
  readonly source: Source;
  readonly oracle: Oracle;
  readonly wasMisled: boolean;
  readonly mayEmbedTwice: boolean;
  readonly wasPurgedByTime: boolean;
  readonly isRefused: boolean;
}

/** What the embedder is asked for to see whether it works. */
const PROBE = 'hello';

/**
 * Laws that have to hold at every moment, so that a history ends with the step that broke one: of what was written by then, and of
 * what the store has. What may yet come right is judged when everything came to rest.
 */
export class EveryStep {
  readonly #going: Going;
  readonly #order: RecordWatch;
  readonly #ofOwner: ReadonlyMap<Oracle, { readonly records: RecordWatch; readonly rows: RowWatch }>;

  constructor(going: Going) {
    this.#going = going;
    this.#order = new RecordWatch(null, [watchOrder(going.cluster)]);
    this.#ofOwner = new Map(
      going.owners.map(({ oracle, saved }) => {
        const rows = new RowWatch();
        const listings = watchListings(saved.truth, oracle.ids, {
          wasMisled: () => going.wasMisled || !saved.listsAll,
          shrankUnseen: (since, until) => saved.shrankUnseen(since, until),
          isPrivate: (id) => saved.isPrivate(oracle.ids.indexOf(id)),
        });
        const watches = [rows.see, watchBegins(), listings, watchHashes(), watchSecrets(going.source.secrets)];
        return [oracle, { rows, records: new RecordWatch(oracle.account, watches) }];
      }),
    );
  }

  async judge(oracle: Oracle, store: ItemStore, { scope, rows }: Glimpse): Promise<void> {
    const { cluster, isRefused } = this.#going;
    const own = this.#ofOwner.get(oracle);
    if (own === undefined) throw new Error(`no law of every step looks at ${oracle.scope}`);
    const isUser = oracle === this.#going.oracle;
    if (isUser) {
      this.#judgeEmbeddings();
      for (const violation of this.#order.look(cluster.evidence)) oracle.violate(violation);
    }
    for (const violation of own.records.look(cluster.evidence)) oracle.violate(violation);
    // The store refuses documents of the user alone.
    if (isRefused && isUser) return;
    for (const row of rows) {
      const history = () => store.history(oracle.scope, row.itemId);
      const hasContent = async (): Promise<boolean> => {
        const item = await store.item(oracle.scope, row.itemId);
        return item !== null && (item.content !== null || item.vector !== null);
      };
      for (const violation of await own.rows.look({ row, scope, history, hasContent })) oracle.violate(violation);
    }
  }

  /** Law 9: each text once. */
  #judgeEmbeddings(): void {
    const { mayEmbedTwice, wasPurgedByTime, cluster, oracle } = this.#going;
    if (mayEmbedTwice || wasPurgedByTime) return;
    for (const [text, count] of cluster.embedder.made)
      if (count > 1 && text !== PROBE) oracle.violate(`embedded ${count} times: ${text}`);
  }
}

/** Law 1, of all accounts together. */
function watchOrder({ log, evidence }: Cluster): Watch {
  const partitions = new Map<number, IngestOrder>();
  return ({ topic, partition, record }) => {
    if (topic !== 'ingest') return [];
    const deps = {
      partitionOf: (account: string) => log.partitionOf(account),
      decode: (value: Uint8Array) => evidence.decode(value),
    };
    const order = partitions.get(partition) ?? new IngestOrder(partition, deps);
    partitions.set(partition, order);
    order.noteErased(record);
    return order.see(record);
  };
}
