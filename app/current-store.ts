import type { ItemStore } from '../core/ports/item-store.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { Generations } from './generations.ts';

/** The model that the vectors of a store are of (law 9). */
export interface PinnedEmbedder {
  readonly name: string;
  readonly model: string;
  /** 0 until the first vector told */
  readonly dimensions: number;
}

/** Which generation counts, and what it was made with: one document, so that a rebuild switches both at once (law 8). */
interface StoreDocument {
  readonly generation: number;
  readonly embedder: PinnedEmbedder | null;
  /** The generation was missing when it was opened: until it is folded anew it is not what the log says, whoever opens it. */
  readonly lost?: true;
}

export interface CurrentStoreDeps {
  readonly metadata: MetadataStore;
  readonly generations: Generations;
}

interface Held {
  readonly store: ItemStore;
  readonly generation: number;
  calls: number;
  retired: boolean;
}

const KEY = 'store';
const PAGE_ITEMS = 500;

/**
 * The store of the generation that counts now. `store` goes on to the next generation when `refresh` finds that a rebuild
 * switched; calls under way end on the old one, which is closed after them.
 */
export class CurrentStore {
  readonly store: ItemStore;
  readonly #deps: CurrentStoreDeps;
  #held: Held;
  #lost: boolean;

  private constructor(deps: CurrentStoreDeps, held: Held, lost: boolean) {
    this.#deps = deps;
    this.#held = held;
    this.#lost = lost;
    this.store = forward(() => this.#held);
  }

  static async open(deps: CurrentStoreDeps): Promise<CurrentStore> {
    for (;;) {
      const document = (await readDocument(deps.metadata)) ?? (await createDocument(deps));
      // Said before it is made: of whoever is killed then, nobody could tell it from an empty one.
      const lost = !(await deps.generations.exists(document.generation));
      if (lost && !(await noteLost(deps.metadata, document.generation))) continue;
      const held = await hold(deps, document.generation);
      // A rebuild may have switched, and removed this generation, in between.
      if ((await readDocument(deps.metadata))?.generation === document.generation)
        return new CurrentStore(deps, held, lost || document.lost === true);
      await held.store.close();
      if (lost) await deps.generations.remove(document.generation);
    }
  }

  get generation(): number {
    return this.#held.generation;
  }

  /** The generation was not there when it was opened: the store is empty, whatever the log holds. */
  get lost(): boolean {
    return this.#lost;
  }

  /** What is there is of another log, and counts for nothing. */
  async markLost(): Promise<void> {
    this.#lost = await noteLost(this.#deps.metadata, this.generation);
  }

  /** The log is empty too: nothing was lost. */
  async markNew(): Promise<void> {
    this.#lost = false;
    for (;;) {
      const stored = await this.#deps.metadata.get(KEY);
      if (stored === null) return;
      const { lost, ...document } = stored.value as StoreDocument;
      if (lost === undefined) return;
      if ((await this.#deps.metadata.compareAndSet(KEY, stored.version, document)) !== null) return;
    }
  }

  /** Another generation counts by now. */
  async isStale(): Promise<boolean> {
    const document = await readDocument(this.#deps.metadata);
    return document !== null && document.generation !== this.generation;
  }

  /** Goes on to the generation that counts. True when it is another one than before. */
  async refresh(): Promise<boolean> {
    const document = await readDocument(this.#deps.metadata);
    if (document === null) return false;
    // Whoever opened it at the same moment may have found that nothing was lost.
    this.#lost = document.lost === true;
    if (document.generation === this.#held.generation) return false;
    const old = this.#held;
    this.#held = await hold(this.#deps, document.generation);
    old.retired = true;
    if (old.calls === 0) await old.store.close();
    return true;
  }

  async embedder(): Promise<PinnedEmbedder | null> {
    return await pinnedEmbedder(this.#deps.metadata);
  }

  /**
   * Pins the embedder; the one that is pinned already counts, but for dimensions that were not known, and where the metadata were
   * lost the model of the vectors that the store holds. Resolves to what is pinned.
   */
  async pin(embedder: PinnedEmbedder): Promise<PinnedEmbedder> {
    for (;;) {
      const stored = await this.#deps.metadata.get(KEY);
      const document = stored?.value as StoreDocument | undefined;
      const pinned = document?.embedder ?? null;
      const learned =
        pinned !== null && pinned.model === embedder.model && pinned.dimensions === 0 && embedder.dimensions > 0;
      if (pinned !== null && !learned) return pinned;
      const held = pinned === null && !this.#lost ? await vectorsIn(this.store) : null;
      const pin = { ...embedder, ...held };
      const next: StoreDocument = { generation: this.generation, ...document, embedder: pin };
      if ((await this.#deps.metadata.compareAndSet(KEY, stored?.version ?? null, next)) !== null) return pin;
    }
  }

  /** Makes another generation the one that counts, with what it was made with; the only moment at which a rebuild shows. */
  async switchTo(generation: number, embedder: PinnedEmbedder | null): Promise<void> {
    const stored = await this.#deps.metadata.get(KEY);
    if ((stored?.value as StoreDocument | undefined)?.generation !== this.generation)
      throw new Error('another rebuild was first: start again');
    const next: StoreDocument = { generation, embedder };
    if ((await this.#deps.metadata.compareAndSet(KEY, stored?.version ?? null, next)) === null)
      throw new Error('another rebuild was first: start again');
  }

  async close(): Promise<void> {
    await this.#held.store.close();
  }
}

/** Whose vectors the store of these metadata holds; null before anything was embedded. */
export async function pinnedEmbedder(metadata: MetadataStore): Promise<PinnedEmbedder | null> {
  return (await readDocument(metadata))?.embedder ?? null;
}

/** For a store that is made anew from another log: its embedder is pinned at first use. */
export async function forgetEmbedder(metadata: MetadataStore): Promise<void> {
  for (;;) {
    const stored = await metadata.get(KEY);
    if (stored === null) return;
    const next: StoreDocument = { ...(stored.value as StoreDocument), embedder: null };
    if ((await metadata.compareAndSet(KEY, stored.version, next)) !== null) return;
  }
}

/** What the vectors of a store are of; null where it has none. */
async function vectorsIn(store: ItemStore): Promise<Pick<PinnedEmbedder, 'model' | 'dimensions'> | null> {
  if (!(await store.totals()).some(({ withVector }) => withVector > 0)) return null;
  for (let after: string | null = null; ; ) {
    const { items, next } = await store.list({}, PAGE_ITEMS, after);
    const first = items.find(({ hasVector }) => hasVector);
    const vector = first === undefined ? null : ((await store.item(first.scope, first.itemId))?.vector ?? null);
    if (vector !== null) return { model: vector.model, dimensions: vector.dimensions };
    if (next === null) return null;
    after = next;
  }
}

/** False where another generation counts by now. */
async function noteLost(metadata: MetadataStore, generation: number): Promise<boolean> {
  for (;;) {
    const stored = await metadata.get(KEY);
    const document = stored?.value as StoreDocument | undefined;
    if (stored === null || document?.generation !== generation) return false;
    const next: StoreDocument = { ...document, lost: true };
    if (document.lost === true || (await metadata.compareAndSet(KEY, stored.version, next)) !== null) return true;
  }
}

async function readDocument(metadata: MetadataStore): Promise<StoreDocument | null> {
  return ((await metadata.get(KEY))?.value as StoreDocument | undefined) ?? null;
}

/** Metadata that are new; a store that is there all the same is kept. */
async function createDocument({ generations, metadata }: CurrentStoreDeps): Promise<StoreDocument> {
  const document: StoreDocument = { generation: (await generations.list()).at(-1) ?? 1, embedder: null };
  await metadata.compareAndSet(KEY, null, document);
  return (await readDocument(metadata)) ?? document;
}

async function hold(deps: CurrentStoreDeps, generation: number): Promise<Held> {
  return { store: await deps.generations.open(generation), generation, calls: 0, retired: false };
}

/** A store whose every call goes to the one that counts at that moment. */
function forward(current: () => Held): ItemStore {
  const call = async (name: keyof ItemStore, values: readonly unknown[]): Promise<unknown> => {
    const held = current();
    held.calls++;
    try {
      const method = held.store[name] as (...values: unknown[]) => Promise<unknown>;
      return await method.apply(held.store, [...values]);
    } finally {
      held.calls--;
      if (held.retired && held.calls === 0) await held.store.close();
    }
  };
  return new Proxy({} as ItemStore, {
    // A promise that resolves to this must not take it for another promise.
    get: (_target, name) =>
      name === 'then' || typeof name === 'symbol'
        ? undefined
        : (...values: readonly unknown[]) => call(name as keyof ItemStore, values),
  });
}
