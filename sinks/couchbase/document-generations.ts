import { StoreUnavailableError } from '../../core/errors.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import type { DocumentSpaces, Documents } from './documents.ts';
import { removeAll } from './remove-all.ts';

interface GenerationsDocument {
  readonly type: 'generations';
  readonly numbers: readonly number[];
}

const KEY = 'generations';
const MAX_ATTEMPTS = 100;

/** Stores beside each other in one bucket, by the beginning of their keys. One document says which there are. */
export class DocumentGenerations {
  readonly #documents: Documents;
  readonly #spacesOf: (generation: number) => DocumentSpaces;
  readonly #openStore: (generation: number) => ItemStore;

  constructor(
    documents: Documents,
    spacesOf: (generation: number) => DocumentSpaces,
    openStore: (generation: number) => ItemStore,
  ) {
    this.#documents = documents;
    this.#spacesOf = spacesOf;
    this.#openStore = openStore;
  }

  async open(generation: number): Promise<ItemStore> {
    await this.#change((numbers) => numbers.add(generation));
    return this.#openStore(generation);
  }

  async exists(generation: number): Promise<boolean> {
    return (await this.list()).includes(generation);
  }

  async list(): Promise<readonly number[]> {
    return (await this.#read()).numbers;
  }

  /** It is listed until nothing is left of it. */
  async remove(generation: number): Promise<void> {
    await removeAll(this.#spacesOf(generation));
    await this.#change((numbers) => numbers.delete(generation));
  }

  async #read(): Promise<GenerationsDocument & { readonly cas: string | null }> {
    const stored = await this.#documents.get(KEY);
    if (stored === null) return { type: 'generations', numbers: [], cas: null };
    return { ...(stored.value as GenerationsDocument), cas: stored.cas };
  }

  async #change(change: (numbers: Set<number>) => void): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { numbers, cas } = await this.#read();
      const changed = new Set(numbers);
      change(changed);
      if (changed.size === numbers.length) return;
      const next: GenerationsDocument = { type: 'generations', numbers: [...changed].sort((a, b) => a - b) };
      if ((await this.#documents.put(KEY, next, cas)) !== null) return;
    }
    throw new StoreUnavailableError('the list of generations is written by others all the time');
  }
}
