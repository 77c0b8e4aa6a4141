import { createHash, randomUUID } from 'node:crypto';
import type { MetadataDocument, MetadataStore } from '../../core/ports/metadata-store.ts';
import { FIGURES_KEY } from '../embedding-figures.ts';

export interface Brought {
  /** that were not there, or not as they are now */
  readonly documents: number;
  /** keys of those that somebody else made, changed or removed there, which counts */
  readonly leftAlone: readonly string[];
}

export interface Bringing extends Brought {
  /** for when the own one is gone: it cannot be repeated any more */
  end(): Promise<void>;
}

/** Documents about the store itself, its processes or the folder, which mean nothing in another store: their keys, and how keys begin. */
const STAYS: ReadonlySet<string> = new Set([
  'store',
  'log',
  'move',
  'copied',
  'pause',
  'pause-holder',
  'restore',
  'bringing',
  'maintenance:clock',
  // Brought along by itself, since both stores may have counted.
  FIGURES_KEY,
]);
const ALSO_STAYS = ['process:', 'rebuild:', 'backup-', 'access:session:', 'access:link:', 'brought:'];
/** What was last emitted of a collection, as its account names it. */
const HASHES = 'hashes:';
/** In the folder, which bringing this is: it has the same id until it has ended. */
const BRINGING = 'bringing';

/** In the shared store, by key: what became of what was to be written there. */
type Note = Readonly<Record<string, Entry>>;

interface Entry {
  /** hashes of what was to be written, for each time it was tried */
  readonly tried: readonly string[];
  /** Something was there in the end. Where nothing is any more, somebody removed it. */
  readonly wasThere: boolean;
}

const NEW_ENTRY: Entry = { tried: [], wasThere: false };

/**
 * Copies accounts and settings to a shared store. Whatever was made there by itself stays as it is. Where it was cut off before
 * and is repeated, what it wrote then follows what the folder says now: else a token or a password of before would come back.
 * Nobody else may have the own one open.
 *
 * Cut off between a document and the note that it is there, nothing tells one that somebody removed there since from one that was
 * never written. It is brought then: the folder's own goes afterwards, and a token that was not brought would be lost.
 */
export async function bringMetadata(own: MetadataStore, shared: MetadataStore): Promise<Bringing> {
  const noteKey = await noteKeyOf(own);
  const documents = new Map((await own.list('')).filter(goesAlong).map(({ key, value }) => [key, value]));
  const noted = await shared.get(noteKey);
  const note = extended((noted?.value ?? {}) as Note, documents);
  let noteVersion = noted?.version ?? null;
  const save = async (changed: Note): Promise<void> => {
    noteVersion = await shared.compareAndSet(noteKey, noteVersion, changed);
    if (noteVersion === null) throw new Error('the same data folder is moved by somebody else at this moment');
  };
  await save(note);
  const ended = { ...note };
  let brought = 0;
  const leftAlone: string[] = [];
  for (const [key, entry] of Object.entries(note)) {
    const there = await shared.get(key);
    const isSame = hashOf(there?.value) === hashOf(documents.get(key));
    // The account may have been changed there, and name it still. Its next sync removes those that nobody names.
    if (!isSame && key.startsWith(HASHES) && !documents.has(key)) continue;
    const isOurs = isSame || (await put(shared, key, there, documents.get(key), entry));
    if (!isOurs) leftAlone.push(key);
    else if (!isSame) brought++;
    const wasThere = documents.has(key) || !isOurs;
    if (wasThere === entry.wasThere) continue;
    // After each, since this can be cut off at any moment.
    ended[key] = { ...entry, wasThere };
    await save(ended);
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
  const more = [...documents].map(([key, value]) => {
    const { tried, wasThere } = note[key] ?? NEW_ENTRY;
    return [key, { tried: [...new Set([...tried, hashOf(value)])], wasThere }] as const;
  });
  return { ...note, ...Object.fromEntries(more) };
}

/** False where what is there, or that nothing is, is of somebody else. */
async function put(
  shared: MetadataStore,
  key: string,
  there: MetadataDocument | null,
  value: unknown,
  { tried, wasThere }: Entry,
): Promise<boolean> {
  if (there === null ? wasThere : !tried.includes(hashOf(there.value))) return false;
  if (value !== undefined) return (await shared.compareAndSet(key, there?.version ?? null, value)) !== null;
  await shared.remove(key, there?.version);
  return (await shared.get(key)) === null;
}

/** Undefined has one too, which no document has. */
function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('base64url');
}
