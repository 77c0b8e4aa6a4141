import { createHash } from 'node:crypto';
import { StoreUnavailableError } from '../../core/errors.ts';
import { type Documents, inParallel } from './documents.ts';

/** A vector as the embedding cache knows it. */
export interface KeptVector {
  /** little-endian float32 */
  readonly vector: Uint8Array;
  readonly truncated: boolean;
}

interface VectorDocument {
  readonly type: 'vector';
  readonly model: string;
  readonly textHash: string;
  /** base64 of the vector */
  readonly vector: string;
  readonly truncated: boolean;
}

interface ModelsDocument {
  readonly type: 'models';
  readonly models: readonly string[];
}

const MODELS = 'models';
const MAX_ATTEMPTS = 100;

/**
 * Vectors by model and text, a document each, shared by all machines: a text that one of them has embedded is embedded by no
 * other (law 9), and what is purged is gone for all of them (law 7). One document lists the models, since nothing here depends
 * on queries. Methods reject with StoreUnavailableError.
 */
export class VectorDocuments {
  readonly #documents: Documents;
  readonly #listed = new Set<string>();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  async getMany(model: string, textHashes: readonly string[]): Promise<ReadonlyMap<string, KeptVector>> {
    const stored = await inParallel(textHashes, (textHash) => this.#documents.get(keyOf(model, textHash)));
    const found = new Map<string, KeptVector>();
    for (const [index, textHash] of textHashes.entries()) {
      const document = stored[index]?.value as VectorDocument | undefined;
      if (document === undefined) continue;
      const { vector, truncated } = document;
      found.set(textHash, { vector: new Uint8Array(Buffer.from(vector, 'base64')), truncated });
    }
    return found;
  }

  /** What is there already stays: it is the same text and the same model. */
  async putMany(model: string, entries: readonly (KeptVector & { readonly textHash: string })[]): Promise<void> {
    await this.#list(model);
    await inParallel(entries, async ({ textHash, vector, truncated }) => {
      const text = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
      const document: VectorDocument = { type: 'vector', model, textHash, vector: text, truncated };
      await this.#documents.put(keyOf(model, textHash), document, null);
    });
  }

  /** Of all models. */
  async remove(textHashes: readonly string[]): Promise<void> {
    const models = (await this.#models()).models;
    const keys = models.flatMap((model) => textHashes.map((textHash) => keyOf(model, textHash)));
    await inParallel(keys, (key) => this.#documents.remove(key));
  }

  /** Before the first vector of the model, so that none is there that `remove` does not find. */
  async #list(model: string): Promise<void> {
    for (let attempt = 0; !this.#listed.has(model); attempt++) {
      if (attempt === MAX_ATTEMPTS)
        throw new StoreUnavailableError('the list of models is written by others all the time');
      const { models, cas } = await this.#models();
      const next: ModelsDocument = { type: 'models', models: [...models, model].sort() };
      if (models.includes(model) || (await this.#documents.put(MODELS, next, cas)) !== null) this.#listed.add(model);
    }
  }

  async #models(): Promise<ModelsDocument & { readonly cas: string | null }> {
    const stored = await this.#documents.get(MODELS);
    if (stored === null) return { type: 'models', models: [], cas: null };
    return { ...(stored.value as ModelsDocument), cas: stored.cas };
  }
}

/** Names of models are of any length. */
function keyOf(model: string, textHash: string): string {
  return `vector:${createHash('sha256').update(model).digest('hex').slice(0, 16)}:${textHash}`;
}
