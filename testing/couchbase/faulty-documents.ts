import { StoreUnavailableError } from '../../core/errors.ts';
import type { DocumentSpaces, Documents } from '../../sinks/couchbase/documents.ts';

/** Which operations fail: asked before each, with its number from 0. */
export interface Faults {
  /** 'before': nothing is written; 'after': written, and nobody learns of it */
  fails(operation: { readonly number: number; readonly name: string; readonly key: string }): 'before' | 'after' | null;
}

/** Documents on a real server, some of whose operations fail as on a broken connection. Counts all of them. */
export class FaultyDocuments {
  faults: Faults = { fails: () => null };
  /** awaited before an operation begins */
  beforeEach: (name: string, key: string) => Promise<void> = async () => undefined;
  /** names of all operations so far */
  readonly operations: string[] = [];
  /** keys in the ledger's space that were ever written */
  readonly ledgerKeys = new Set<string>();

  wrap(spaces: DocumentSpaces): DocumentSpaces {
    return {
      ledger: this.#wrapOne(spaces.ledger, this.ledgerKeys),
      metadata: this.#wrapOne(spaces.metadata),
      items: (provider) => this.#wrapOne(spaces.items(provider)),
      close: () => spaces.close(),
    };
  }

  #wrapOne(documents: Documents, written = new Set<string>()): Documents {
    return {
      get: (key) => this.#run('get', key, () => documents.get(key)),
      put: (key, value, cas) => {
        written.add(key);
        return this.#run('put', key, () => documents.put(key, value, cas));
      },
      patch: (key, fields, cas) => this.#run('patch', key, () => documents.patch(key, fields, cas)),
      remove: (key, cas) => this.#run('remove', key, () => documents.remove(key, cas)),
    };
  }

  async #run<T>(name: string, key: string, work: () => Promise<T>): Promise<T> {
    const fault = this.faults.fails({ number: this.operations.length, name, key });
    this.operations.push(name);
    await this.beforeEach(name, key);
    if (fault === 'before') throw new StoreUnavailableError(`cut off before ${name} ${key}`);
    const result = await work();
    if (fault === 'after') throw new StoreUnavailableError(`cut off after ${name} ${key}`);
    return result;
  }
}
