import { createHash, randomUUID } from 'node:crypto';
import type { MetadataDocument, MetadataStore } from '../../core/ports/metadata-store.ts';

export interface Brought {
  /** that were not there, or not as they are now */
  readonly documents: number;
  /** keys of those that somebody else made or changed there, which count */
  readonly leftAlone: readonly string[];
}

export interface Bringing extends Brought {
  /** for when the own one is gone: it cannot be repeated any more */
  end(): Promise<void>;
}

/** Documents about the store itself, its processes or the folder, which mean nothing in another store: their keys, and how keys begin. */
const STAYS: ReadonlySet<string> = new Set(['store', 'log', 'move', 'copied', 'pause', 'restore', 'bringing']);
const ALSO_STAYS = ['process:', 'rebuild:', 'backup-', 'access:session:', 'access:link:', 'brought:'];
/** What was last emitted of a collection, as its account names it. */
const HASHES = 'hashes:';
/** In the folder, which bringing this is: it has the same id until it has ended. */
const BRINGING = 'bringing';

/** In the shared store, what was to be written there: hashes of values by key, for each time it was tried. */
type Note = Readonly<Record<string, readonly string[]>>;

/**
 * Copies accounts and settings to a shared store. Whatever was made there by itself stays as it is. Where it was cut off before
 * and is repeated, what it wrote then follows what the folder says now: else a token or a password of before would come back.
 * Nobody else may have the own one open.
 */
export async function bringMetadata(own: MetadataStore, shared: MetadataStore): Promise<Bringing> {
  const noteKey = await noteKeyOf(own);
  const documents = new Map((await own.list('')).filter(goesAlong).map(({ key, value }) => [key, value]));
  const noted = await shared.get(noteKey);
  const note = extended((noted?.value ?? {}) as Note, documents);
  if ((await shared.compareAndSet(noteKey, noted?.version ?? null, note)) === null)
    throw new Error('the same data folder is moved by somebody else at this moment');
  let brought = 0;
  const leftAlone: string[] = [];
  for (const key of Object.keys(note)) {
    const there = await shared.get(key);
    if (hashOf(there?.value) === hashOf(documents.get(key))) continue;
    // The account may have been changed there, and name it still. Its next sync removes those that nobody names.
    if (key.startsWith(HASHES) && !documents.has(key)) continue;
    if (await put(shared, key, there, documents.get(key), note[key] ?? [])) brought++;
    else leftAlone.push(key);
  }
  return { documents: brought, leftAlone, end: () => shared.remove(noteKey) };
}

async function noteKeyOf(own: MetadataStore): Promise<string> {
  const stored = await own.get(BRINGING);
  const { id } = (stored?.value ?? { id: randomUUID() }) as { readonly id: string };
  if (stored === null) await own.compareAndSet(BRINGING, null, { id });
  return `brought:${id}`;
}

function goesAlong({ key }: MetadataDocument): boolean {
  return !STAYS.has(key) && !ALSO_STAYS.some((beginning) => key.startsWith(beginning));
}

function extended(note: Note, documents: ReadonlyMap<string, unknown>): Note {
  const more = [...documents].map(
    ([key, value]) => [key, [...new Set([...(note[key] ?? []), hashOf(value)])]] as const,
  );
  return { ...note, ...Object.fromEntries(more) };
}

/** False where what is there is of somebody else. */
async function put(
  shared: MetadataStore,
  key: string,
  there: MetadataDocument | null,
  value: unknown,
  ours: readonly string[],
): Promise<boolean> {
  if (there !== null && !ours.includes(hashOf(there.value))) return false;
  if (value !== undefined) return (await shared.compareAndSet(key, there?.version ?? null, value)) !== null;
  await shared.remove(key);
  return true;
}

/** Undefined has one too, which no document has. */
function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('base64url');
}
