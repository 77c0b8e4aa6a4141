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

/** Lies where the vector of a text will be, while a process asks for it. */
interface ReservationDocument {
  readonly type: 'reservation';
  readonly owner: string;
  /** ms since the epoch */
  readonly until: number;
}

type Kept = VectorDocument | ReservationDocument;

/** As the embedding cache asks for it. */
interface ReserveOptions {
  readonly id: string;
  readonly owner: string;
  readonly now: number;
  readonly until: number;
  readonly over: readonly string[];
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
  /** of this process, by their ids: the versions of documents, by key */
  readonly #reserved = new Map<string, Map<string, string>>();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  async getMany(model: string, textHashes: readonly string[]): Promise<ReadonlyMap<string, KeptVector>> {
    const stored = await inParallel(textHashes, (textHash) => this.#documents.get(keyOf(model, textHash)));
    const found = new Map<string, KeptVector>();
    for (const [index, textHash] of textHashes.entries()) {
      const document = stored[index]?.value as Kept | undefined;
      if (document?.type === 'vector') found.set(textHash, vectorOf(document));
    }
    return found;
  }

  /** A document for each text, so that each goes to one process by itself, and is found by a purge as its vector is. */
  async reserve(model: string, textHashes: readonly string[], options: ReserveOptions) {
    await this.#list(model);
    const mine = new Set<string>();
    const found = new Map<string, KeptVector>();
    const others = new Map<string, string>();
    const versions = this.#reserved.get(options.id) ?? new Map<string, string>();
    this.#reserved.set(options.id, versions);
    await inParallel(textHashes, async (textHash) => {
      const key = keyOf(model, textHash);
      const taken = await this.#reserve(key, options);
      if ('cas' in taken) {
        mine.add(textHash);
        versions.set(key, taken.cas);
      } else if (taken.type === 'vector') found.set(textHash, vectorOf(taken));
      else others.set(textHash, taken.owner);
    });
    return { mine, found, others };
  }

  /** What has a vector by now is another version, and stays. */
  async release(id: string): Promise<void> {
    const versions = [...(this.#reserved.get(id) ?? [])];
    await inParallel(versions, ([key, cas]) => this.#documents.remove(key, cas));
    this.#reserved.delete(id);
  }

  async #reserve(key: string, { owner, now, until, over }: ReserveOptions): Promise<Kept | { readonly cas: string }> {
    const reservation: ReservationDocument = { type: 'reservation', owner, until };
    for (let attempt = 0, version: string | null = null; attempt < MAX_ATTEMPTS; attempt++) {
      const cas = await this.#documents.put(key, reservation, version);
      if (cas !== null) return { cas };
      const stored = await this.#documents.get(key);
      const there = stored?.value as Kept | undefined;
      if (there?.type === 'vector') return there;
      if (there !== undefined && there.owner !== owner && there.until > now && !over.includes(there.owner))
        return there;
      version = stored?.cas ?? null;
    }
    throw new StoreUnavailableError('a text is reserved by others all the time');
  }

  /** What is there already stays: it is the same text and the same model. */
  async putMany(model: string, entries: readonly (KeptVector & { readonly textHash: string })[]): Promise<void> {
    await this.#list(model);
    await inParallel(entries, async ({ textHash, vector, truncated }) => {
      const text = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
      const document: VectorDocument = { type: 'vector', model, textHash, vector: text, truncated };
      await this.#put(keyOf(model, textHash), document);
    });
  }

  /** In the place of a reservation, also of another process: that one finds it then. */
  async #put(key: string, document: VectorDocument): Promise<void> {
    let version = this.#versionOf(key);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if ((await this.#documents.put(key, document, version)) !== null) return this.#forget(key);
      const stored = await this.#documents.get(key);
      if ((stored?.value as Kept | undefined)?.type === 'vector') return this.#forget(key);
      version = stored?.cas ?? null;
    }
    throw new StoreUnavailableError('a vector is written by others all the time');
  }

  #versionOf(key: string): string | null {
    for (const versions of this.#reserved.values()) {
      const version = versions.get(key);
      if (version !== undefined) return version;
    }
    return null;
  }

  #forget(key: string): void {
    for (const versions of this.#reserved.values()) versions.delete(key);
  }

  /** Of all models. */
  async remove(texts: readonly { readonly textHash: string }[]): Promise<void> {
    const models = (await this.#models()).models;
    const keys = models.flatMap((model) => texts.map(({ textHash }) => keyOf(model, textHash)));
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

function vectorOf({ vector, truncated }: VectorDocument): KeptVector {
  return { vector: new Uint8Array(Buffer.from(vector, 'base64')), truncated };
}

/** Names of models are of any length. */
function keyOf(model: string, textHash: string): string {
  return `vector:${createHash('sha256').update(model).digest('hex').slice(0, 16)}:${textHash}`;
}
