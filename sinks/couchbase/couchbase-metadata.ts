import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../../core/errors.ts';
import type { MetadataDocument, MetadataStore } from '../../core/ports/metadata-store.ts';
import { type Documents, inParallel, type StoredDocument } from './documents.ts';
import { compare } from './keys.ts';

/** `token` tells apart two writers of the same value, where one of them never got its answer. */
interface StoredMetadata {
  readonly type: 'metadata';
  readonly key: string;
  readonly token: string;
  readonly value: unknown;
}

interface KeysDocument {
  readonly type: 'keys';
  readonly keys: readonly string[];
}

const KEYS = 'keys';
const MAX_ATTEMPTS = 200;

/**
 * Sync metadata in Couchbase: a document for each, whose CAS is its version, and one document that lists their keys, since
 * nothing here depends on queries. The list may name keys without a document, never the other way round.
 */
export function openDocumentMetadata(documents: Documents): MetadataStore {
  const read = async (key: string): Promise<MetadataDocument | null> =>
    toMetadata(key, await documents.get(nameOf(key)));
  return {
    get: read,
    async list(prefix) {
      const { keys } = await readKeys(documents);
      const found = await inParallel(
        keys.filter((key) => key.startsWith(prefix)),
        read,
      );
      return found.filter((document) => document !== null);
    },
    async compareAndSet(key, expected, value) {
      if (JSON.stringify(value) === undefined) throw new TypeError(`no JSON value was given for ${key}`);
      const document: StoredMetadata = { type: 'metadata', key, token: randomUUID(), value };
      if (expected !== null) return documents.put(nameOf(key), document, expected);
      await changeKeys(documents, (keys) => keys.add(key));
      const version = await documents.put(nameOf(key), document, null);
      // A removal beside this may have taken the key off the list before it could see the document.
      if (version !== null) await changeKeys(documents, (keys) => keys.add(key));
      return version;
    },
    async remove(key, expected) {
      await documents.remove(nameOf(key), expected);
      // Left alone, it is never off the list.
      if (expected !== undefined && (await documents.get(nameOf(key))) !== null) return;
      await changeKeys(documents, (keys) => keys.delete(key));
      // Somebody may have written it anew meanwhile.
      if ((await documents.get(nameOf(key))) !== null) await changeKeys(documents, (keys) => keys.add(key));
    },
    // The server keeps key and CAS of what is gone until its own purge, and no value.
    eraseFreed: async () => true,
    close: async () => undefined,
  };
}

const nameOf = (key: string): string => `document:${key}`;

function toMetadata(key: string, stored: StoredDocument | null): MetadataDocument | null {
  return stored === null ? null : { key, version: stored.cas, value: (stored.value as StoredMetadata).value };
}

async function readKeys(documents: Documents): Promise<KeysDocument & { readonly cas: string | null }> {
  const stored = await documents.get(KEYS);
  return stored === null
    ? { type: 'keys', keys: [], cas: null }
    : { ...(stored.value as KeysDocument), cas: stored.cas };
}

/** Writes the list of keys where it becomes another. */
async function changeKeys(documents: Documents, change: (keys: Set<string>) => void): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { keys, cas } = await readKeys(documents);
    const changed = new Set(keys);
    change(changed);
    if (changed.size === keys.length) return;
    const next: KeysDocument = { type: 'keys', keys: [...changed].sort(compare) };
    if ((await documents.put(KEYS, next, cas)) !== null) return;
  }
  throw new StoreUnavailableError('the list of metadata is written by others all the time');
}
