import { StoreUnavailableError } from '../../core/errors.ts';
import type { ItemFilter } from '../../core/ports/item-store.ts';
import type { Documents } from './documents.ts';
import { compare } from './keys.ts';
import { type LogParts, PartitionLog } from './partition-log.ts';

interface CatalogDocument {
  readonly type: 'catalog';
  readonly partitions: readonly number[];
  /** partition by name of scope */
  readonly scopes: Readonly<Record<string, number>>;
}

const KEY = 'catalog';
const EMPTY: CatalogDocument = { type: 'catalog', partitions: [], scopes: {} };
const MAX_ATTEMPTS = 100;

/** Which partitions and scopes there are. It only grows, and is written before what it names. */
export class Catalog {
  readonly #documents: Documents;
  readonly #parts: LogParts;
  readonly #logs = new Map<number, PartitionLog>();
  #document = EMPTY;
  #cas: string | null = null;

  constructor(parts: LogParts) {
    this.#documents = parts.documents;
    this.#parts = parts;
  }

  log(partition: number): PartitionLog {
    const known = this.#logs.get(partition) ?? new PartitionLog(this.#parts, partition);
    this.#logs.set(partition, known);
    return known;
  }

  /** Those that this process has touched. */
  opened(): readonly PartitionLog[] {
    return [...this.#logs.values()];
  }

  /** All partitions, up to date; those that this process writes come first. */
  async logs(): Promise<readonly PartitionLog[]> {
    await this.#read();
    const logs = this.#document.partitions.map((partition) => this.log(partition));
    await Promise.all(logs.map((log) => log.refresh()));
    return logs.toSorted((a, b) => Number(b.isOwned) - Number(a.isOwned) || a.partition - b.partition);
  }

  /** The partition of a scope, up to date; null where nothing was stored for it. */
  async logOf(scope: string): Promise<PartitionLog | null> {
    if (this.#document.scopes[scope] === undefined) await this.#read();
    const partition = this.#document.scopes[scope];
    if (partition === undefined) return null;
    const log = this.log(partition);
    await log.refresh();
    return log;
  }

  /** Scopes that a filter lets through, by their names or by the first parts of them, in order; all when it names none. */
  async scopes(filter: Pick<ItemFilter, 'scopes'> = {}): Promise<readonly string[]> {
    await this.#read();
    const { scopes } = filter;
    const isWanted = (name: string): boolean =>
      scopes === undefined || scopes.some((prefix) => name === prefix || name.startsWith(`${prefix}/`));
    return Object.keys(this.#document.scopes).filter(isWanted).sort(compare);
  }

  async remove(): Promise<void> {
    await this.#documents.remove(KEY);
  }

  /** Adds what is missing. */
  async ensure(partition: number, scopes: readonly string[]): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { partitions, scopes: known } = this.#document;
      const missing = scopes.filter((scope) => known[scope] === undefined);
      if (missing.length === 0 && partitions.includes(partition)) return;
      if (attempt > 0 || this.#cas === null) await this.#read();
      const next: CatalogDocument = {
        type: 'catalog',
        partitions: [...new Set([...this.#document.partitions, partition])].sort((a, b) => a - b),
        scopes: { ...Object.fromEntries(missing.map((scope) => [scope, partition])), ...this.#document.scopes },
      };
      const cas = await this.#documents.put(KEY, next, this.#cas);
      if (cas === null) continue;
      this.#document = next;
      this.#cas = cas;
    }
    throw new StoreUnavailableError('the catalog of the store is written by others all the time');
  }

  async #read(): Promise<void> {
    const stored = await this.#documents.get(KEY);
    if (stored === null) return;
    this.#document = stored.value as CatalogDocument;
    this.#cas = stored.cas;
  }
}
