import { InputError } from '../../core/errors.ts';
import type { HistoryEntry } from '../../core/ledger.ts';
import type { JournalEntry, JournalFilter, JournalPage } from '../../core/ports/item-store.ts';
import type { Catalog } from './catalog.ts';
import { compare, fromSortable, joinKey, prefixOf, sortable, splitKey } from './keys.ts';
import { historyOf, WORK } from './ledger-tables.ts';
import type { PartitionLog } from './partition-log.ts';

const PAGE = 500;
const PREFIX = 'journal';

/** Where the journal finds an entry of a history; ordered so that the newest come first. */
export function journalKey(
  { at, scope, itemId, position, event }: Pick<HistoryEntry, 'at' | 'scope' | 'itemId' | 'position' | 'event'>,
  turn: string,
): string {
  return joinKey(PREFIX, sortable(-at), scope, itemId, sortable(-position), turn, event);
}

/** What left the collection and came back, of all items, the newest first. */
export class JournalReads {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** @throws InputError when `after` is no entry of ours. */
  async page(filter: JournalFilter, limit: number, after: string | null): Promise<JournalPage> {
    const from = after === null ? null : decode(after);
    const scopes = new Set(await this.#catalog.scopes(filter.scopes === undefined ? {} : { scopes: filter.scopes }));
    const found: { readonly key: string; readonly log: PartitionLog }[] = [];
    for (const log of await this.#catalog.logs())
      for (const key of await keysBehind(
        log,
        from,
        limit + 1,
        (scope, event) => scopes.has(scope) && filter.events.includes(event),
      ))
        found.push({ key, log });
    const page = found.sort((a, b) => compare(a.key, b.key)).slice(0, limit);
    const entries: JournalEntry[] = [];
    for (const { key, log } of page) {
      const entry = await entryOf(log, key);
      if (entry !== null) entries.push(entry);
    }
    const last = page.at(-1);
    return { entries, next: found.length > limit && last !== undefined ? encode(last.key) : null };
  }
}

async function keysBehind(
  log: PartitionLog,
  from: string | null,
  limit: number,
  isWanted: (scope: string, event: string) => boolean,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for (let after = from; keys.length < limit; ) {
    const page = await log.page(WORK, PAGE, { after, prefix: prefixOf(PREFIX) });
    for (const [key] of page) {
      const [, , scope = '', , , , event = ''] = splitKey(key);
      if (isWanted(scope, event)) keys.push(key);
    }
    if (page.length < PAGE) break;
    after = page.at(-1)?.[0] ?? null;
  }
  return keys.slice(0, limit);
}

async function entryOf(log: PartitionLog, key: string): Promise<JournalEntry | null> {
  const [, , scope = '', itemId = '', turned = '', turn = '', event = ''] = splitKey(key);
  const position = sortable(-fromSortable(turned));
  const stored = await log.get(historyOf(scope), joinKey(itemId, position, turn, event));
  if (stored === undefined) return null;
  return { id: encode(key), scope, itemId, ...(stored as Omit<HistoryEntry, 'scope' | 'itemId'>) };
}

function encode(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decode(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (splitKey(key).length === 7 && key.startsWith(prefixOf(PREFIX))) return key;
  throw new InputError('this is no place in the journal: use the `next` of the page before', { after: cursor });
}
