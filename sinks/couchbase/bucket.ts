import { createHash } from 'node:crypto';
import { type Cluster, type Collection, connect, DurabilityLevel, MutateInSpec } from 'couchbase';
import { messageOf, ServerRefusalError, StoreUnavailableError } from '../../core/errors.ts';
import { DocumentRefusedError, type DocumentSpaces, type Documents, type StoredDocument } from './documents.ts';

export interface BucketSettings {
  /** `couchbase://HOST[:PORT]`, several hosts with commas between, or `couchbases://` */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly bucket: string;
  readonly scope: string;
  /** false: everything lies in the default collection, under prefixes */
  readonly collections: boolean;
  readonly durability: Durability;
  /** of the Search service; null where there is none: then every item is read to find some */
  readonly searchUrl?: string | null;
  /** how long one operation may take, ms */
  readonly operationTimeoutMs?: number;
}

type Durability = 'none' | 'majority' | 'majority-and-persist-active' | 'persist-to-majority';

/** An open bucket: documents for each generation of the store, and the cluster for search. */
export interface OpenBucket {
  readonly cluster: Cluster;
  readonly settings: BucketSettings;
  spaces(prefix: string): DocumentSpaces;
  close(): Promise<void>;
}

const ITEM_COLLECTIONS: Readonly<Record<string, string>> = {
  reddit: 'reddit_content',
  github: 'github_content',
  tiktok: 'tiktok_favorites',
};
const OTHER_ITEMS = 'other_content';

/** The collections that items lie in, where collections are on; beside them are `ledger` and `sync_metadata`. */
export const ITEM_COLLECTION_NAMES: readonly string[] = [...Object.values(ITEM_COLLECTIONS), OTHER_ITEMS];

const CONNECT_TIMEOUT_MS = 20_000;
const OPERATION_TIMEOUT_MS = 10_000;
/** The server refuses keys above 250 bytes, 246 in a collection. */
const MAX_KEY_BYTES = 240;

const LEVELS: Readonly<Record<Durability, DurabilityLevel>> = {
  none: DurabilityLevel.None,
  majority: DurabilityLevel.Majority,
  'majority-and-persist-active': DurabilityLevel.MajorityAndPersistOnMaster,
  'persist-to-majority': DurabilityLevel.PersistToMajority,
};

/** Connects. @throws StoreUnavailableError when nobody answers; ServerRefusalError when the credentials are refused. */
export async function openBucket(settings: BucketSettings): Promise<OpenBucket> {
  const { url, username, password, operationTimeoutMs = OPERATION_TIMEOUT_MS } = settings;
  let cluster: Cluster;
  try {
    cluster = await connect(url, {
      username,
      password,
      timeouts: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        kvTimeout: operationTimeoutMs,
        kvDurableTimeout: operationTimeoutMs,
      },
    });
  } catch (error) {
    if (nameOf(error) === 'AuthenticationFailureError')
      throw new ServerRefusalError('Couchbase refuses us: check COUCHBASE_USERNAME and COUCHBASE_PASSWORD');
    throw new StoreUnavailableError(`Couchbase cannot be reached: ${messageOf(error)}; see COUCHBASE_URL`, {
      cause: error,
    });
  }
  const scope = cluster.bucket(settings.bucket).scope(settings.scope);
  const close = (): Promise<void> => cluster.close();
  return {
    cluster,
    settings,
    close,
    spaces: (prefix) => {
      const documents = (name: string): Documents => {
        const collection = scope.collection(settings.collections ? name : '_default');
        const start = settings.collections ? prefix : `${name}:${prefix}`;
        return new CollectionDocuments(collection, start, LEVELS[settings.durability]);
      };
      const items = new Map<string, Documents>();
      return {
        ledger: documents('ledger'),
        metadata: documents('sync_metadata'),
        items: (provider) => {
          const known = items.get(provider) ?? documents(ITEM_COLLECTIONS[provider] ?? OTHER_ITEMS);
          items.set(provider, known);
          return known;
        },
        close: async () => undefined,
      };
    },
  };
}

/** The documents of a collection whose keys begin with a prefix. */
class CollectionDocuments implements Documents {
  readonly #collection: Collection;
  readonly #prefix: string;
  readonly #options: { readonly durabilityLevel?: DurabilityLevel };

  constructor(collection: Collection, prefix: string, level: DurabilityLevel) {
    this.#collection = collection;
    this.#prefix = prefix;
    this.#options = level === DurabilityLevel.None ? {} : { durabilityLevel: level };
  }

  async get(key: string): Promise<StoredDocument | null> {
    try {
      const { content, cas } = await this.#collection.get(this.#keyOf(key));
      return { value: content as unknown, cas: cas.toString() };
    } catch (error) {
      if (isOther(error)) return null;
      throw toStoreError(error);
    }
  }

  put(key: string, value: object, cas: string | null): Promise<string | null> {
    const name = this.#keyOf(key);
    const write = () =>
      cas === null
        ? this.#collection.insert(name, value, this.#options)
        : this.#collection.replace(name, value, { ...this.#options, cas });
    return this.#write(write, async () => {
      const stored = await this.get(key);
      return stored !== null && JSON.stringify(stored.value) === JSON.stringify(value) ? stored.cas : null;
    });
  }

  patch(key: string, fields: Readonly<Record<string, unknown>>, cas: string): Promise<string | null> {
    const specs = Object.entries(fields).map(([path, value]) => MutateInSpec.upsert(path, value));
    const write = () => this.#collection.mutateIn(this.#keyOf(key), specs, { ...this.#options, cas });
    return this.#write(write, async () => {
      const stored = await this.get(key);
      const value = stored?.value as Record<string, unknown> | undefined;
      const isWritten = Object.entries(fields).every(
        ([path, field]) => JSON.stringify(value?.[path]) === JSON.stringify(field),
      );
      return stored !== null && stored.cas !== cas && isWritten ? stored.cas : null;
    });
  }

  async remove(key: string, cas?: string): Promise<void> {
    try {
      await this.#collection.remove(this.#keyOf(key), { ...this.#options, ...(cas === undefined ? {} : { cas }) });
    } catch (error) {
      if (!isOther(error)) throw toStoreError(error);
    }
  }

  /** Where nobody knows whether a write happened, the document itself is asked. */
  async #write(write: () => Promise<{ readonly cas: { toString(): string } }>, written: () => Promise<string | null>) {
    try {
      return (await write()).cas.toString();
    } catch (error) {
      if (isOther(error)) return null;
      if (!AMBIGUOUS.has(nameOf(error))) throw toStoreError(error);
      const cas = await written();
      if (cas !== null) return cas;
      throw toStoreError(error);
    }
  }

  #keyOf(key: string): string {
    const name = `${this.#prefix}${key}`;
    if (Buffer.byteLength(name) <= MAX_KEY_BYTES) return name;
    return `${this.#prefix}#${createHash('sha256').update(key).digest('hex')}`;
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.constructor.name : '');

/** The document is not there, there already, or another by now. */
function isOther(error: unknown): boolean {
  return ['DocumentNotFoundError', 'DocumentExistsError', 'CasMismatchError'].includes(nameOf(error));
}

/** A write that may have happened: https://docs.couchbase.com/nodejs-sdk/current/howtos/error-handling.html */
const AMBIGUOUS = new Set([
  'AmbiguousTimeoutError',
  'DurabilityAmbiguousError',
  'RequestCanceledError',
  'TimeoutError',
]);

const REFUSALS = new Set([
  'ValueTooLargeError',
  'ValueInvalidError',
  'EncodingFailureError',
  'DocumentNotJsonError',
  'PathTooBigError',
]);

const UNAVAILABLE =
  /Timeout|Temporary|Durab|SyncWrite|RequestCanceled|ServiceNotAvailable|Locked|RateLimited|QuotaLimited|ClusterClosed|InternalServer|CouchbaseError|OutOfMemory|NotMyVbucket|BucketNotFound|CollectionNotFound|ScopeNotFound|AuthenticationFailure|UnsupportedOperation/;

/** What a caller is told: DocumentRefusedError, StoreUnavailableError where trying again can help, else the error as it is. */
function toStoreError(error: unknown): unknown {
  const name = nameOf(error);
  if (REFUSALS.has(name))
    return new DocumentRefusedError(`Couchbase refuses the document: ${messageOf(error)}`, { cause: error });
  if (UNAVAILABLE.test(name))
    return new StoreUnavailableError(`Couchbase cannot be used now: ${messageOf(error)} (${name})`, { cause: error });
  return error;
}
