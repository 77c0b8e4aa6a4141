import { FencedError, messageOf } from '../../core/errors.ts';
import { parseScope } from '../../core/keys.ts';
import type { LedgerRow } from '../../core/ledger.ts';
import type { ItemChange, ItemContent, RefusedItem, StoredVector } from '../../core/ports/item-store.ts';
import { DocumentRefusedError, type DocumentSpaces, type Documents, inParallel } from './documents.ts';

/** An item as it lies in its provider's collection, for people and for the server's own search. */
export interface ItemDocument {
  readonly type: 'item';
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly scope: string;
  readonly itemId: string;
  readonly status: ItemStatus;
  readonly content: ItemContent | null;
  readonly vector: VectorField | null;
}

/** What searches filter by; the ledger counts. */
interface ItemStatus {
  readonly state: LedgerRow['state'];
  readonly hidden: boolean;
}

/** `base64`: little-endian float32, as Couchbase's `vector_base64` takes it. */
interface VectorField {
  readonly model: string;
  readonly dimensions: number;
  readonly base64: string;
}

/** What is known of an item before it is written. */
export interface KnownItem {
  readonly row: LedgerRow;
  /** version of its document; null: it has none */
  readonly cas: string | null;
}

export interface WrittenItems {
  /** versions of the documents afterwards, by index of the change; null: no document */
  readonly cas: ReadonlyMap<number, string | null>;
  readonly refused: readonly RefusedItem[];
}

const MAX_ATTEMPTS = 20;
const MODEL_KEY = 'model';

/** Reads and writes the documents of items. */
export class ItemDocuments {
  readonly #spaces: DocumentSpaces;
  #model: Pick<StoredVector, 'model' | 'dimensions'> | null = null;

  constructor(spaces: DocumentSpaces) {
    this.#spaces = spaces;
  }

  async read(scope: string, itemId: string): Promise<ItemDocument | null> {
    const stored = await this.#documentsOf(scope).get(keyOf(scope, itemId));
    return (stored?.value as ItemDocument | undefined) ?? null;
  }

  /** The model that all vectors are of; null while there is none. */
  async model(): Promise<Pick<StoredVector, 'model' | 'dimensions'> | null> {
    this.#model ??= ((await this.#spaces.ledger.get(MODEL_KEY))?.value as StoredVector | undefined) ?? null;
    return this.#model;
  }

  /**
   * Writes each document by itself, on the version that the ledger knows. Where there is another, it is what a crash left, or
   * a sink that was overtaken wrote: then `isOwner` tells who counts. @throws FencedError where it is somebody else.
   */
  async write(
    changes: readonly ItemChange[],
    known: (change: ItemChange) => KnownItem | null,
    isOwner: () => Promise<boolean>,
  ): Promise<WrittenItems> {
    const cas = new Map<number, string | null>();
    const refused: RefusedItem[] = [];
    await this.#pinModel(changes);
    await inParallel(changes, async (change, index) => {
      try {
        this.#checkVector(change.vector);
        cas.set(index, await this.#writeOne(change, known(change), isOwner));
      } catch (error) {
        if (!(error instanceof DocumentRefusedError)) throw error;
        refused.push({ scope: change.scope, itemId: change.row.itemId, error: messageOf(error) });
      }
    });
    return { cas, refused };
  }

  /** Removes a document for good. */
  async remove(scope: string, itemId: string): Promise<void> {
    await this.#documentsOf(scope).remove(keyOf(scope, itemId));
  }

  async forgetModel(): Promise<void> {
    await this.#spaces.ledger.remove(MODEL_KEY);
    this.#model = null;
  }

  async #writeOne(
    change: ItemChange,
    known: KnownItem | null,
    isOwner: () => Promise<boolean>,
  ): Promise<string | null> {
    const { scope, row, content, vector } = change;
    const documents = this.#documentsOf(scope);
    const key = keyOf(scope, row.itemId);
    const before = known?.cas ?? null;
    if (before === null && (content ?? null) === null && (vector ?? null) === null) return null;
    const written = await (before === null || (content !== undefined && vector !== undefined)
      ? documents.put(key, toDocument(change, null), before)
      : this.#patch(documents, key, change, known?.row ?? null, before));
    if (written !== null) return written;
    return this.#overwrite(documents, key, change, isOwner);
  }

  async #patch(
    documents: Documents,
    key: string,
    { row, content, vector }: ItemChange,
    before: LedgerRow | null,
    cas: string,
  ): Promise<string | null> {
    const fields: Record<string, unknown> = {};
    if (before?.state !== row.state || before.hidden !== row.hidden) fields['status'] = statusOf(row);
    if (content !== undefined) fields['content'] = content;
    if (vector !== undefined) fields['vector'] = toField(vector);
    return Object.keys(fields).length === 0 ? cas : documents.patch(key, fields, cas);
  }

  async #overwrite(
    documents: Documents,
    key: string,
    change: ItemChange,
    isOwner: () => Promise<boolean>,
  ): Promise<string> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const stored = await documents.get(key);
      // Asked after it was read: what another sink writes from here on has another version, and is not written over.
      if (!(await isOwner())) break;
      const document = toDocument(change, (stored?.value as ItemDocument | undefined) ?? null);
      const written = await documents.put(key, document, stored?.cas ?? null);
      if (written !== null) return written;
    }
    throw new FencedError(`another sink writes ${change.scope} ${change.row.itemId}`);
  }

  async #pinModel(changes: readonly ItemChange[]): Promise<void> {
    if ((await this.model()) !== null) return;
    const first = changes.find(({ vector }) => vector !== undefined && vector !== null && isWhole(vector))?.vector;
    if (first === undefined || first === null) return;
    const { model, dimensions } = first;
    await this.#spaces.ledger.put(MODEL_KEY, { type: 'model', model, dimensions }, null);
    await this.model();
  }

  #checkVector(vector: StoredVector | null | undefined): void {
    if (vector === undefined || vector === null) return;
    if (!isWhole(vector))
      throw new DocumentRefusedError(
        `a vector of ${vector.dimensions} dimensions has ${4 * vector.dimensions} bytes, not ${vector.bytes.length}`,
      );
    const pinned = this.#model;
    if (pinned !== null && (pinned.model !== vector.model || pinned.dimensions !== vector.dimensions))
      throw new DocumentRefusedError(
        `a vector of ${vector.model} (${vector.dimensions}) cannot be compared with those of ${pinned.model} (${pinned.dimensions})`,
      );
  }

  #documentsOf(scope: string): Documents {
    return this.#spaces.items(parseScope(scope).provider);
  }
}

const keyOf = (scope: string, itemId: string): string => `${scope}/${itemId}`;

const isWhole = ({ dimensions, bytes }: StoredVector): boolean => dimensions > 0 && bytes.length === 4 * dimensions;

function statusOf({ state, hidden }: LedgerRow): ItemStatus {
  return { state, hidden };
}

function toField(vector: StoredVector | null): VectorField | null {
  if (vector === null) return null;
  const { model, dimensions, bytes } = vector;
  return { model, dimensions, base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
}

/** The vector of a document; null where it has none. */
export function vectorOf({ vector }: ItemDocument): StoredVector | null {
  if (vector === null) return null;
  const { model, dimensions, base64 } = vector;
  return { model, dimensions, bytes: new Uint8Array(Buffer.from(base64, 'base64')) };
}

function toDocument({ scope, row, content, vector }: ItemChange, stored: ItemDocument | null): ItemDocument {
  return {
    type: 'item',
    ...parseScope(scope),
    scope,
    itemId: row.itemId,
    status: statusOf(row),
    content: content === undefined ? (stored?.content ?? null) : content,
    vector: vector === undefined ? (stored?.vector ?? null) : toField(vector),
  };
}
