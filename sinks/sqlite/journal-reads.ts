import { InputError } from '../../core/errors.ts';
import type { JournalEntry, JournalFilter, JournalPage } from '../../core/ports/item-store.ts';
import type { Database, Statement } from '../../sqlite/open.ts';
import { JOURNAL_CONDITION } from './schema.ts';
import type { ScopeIds } from './scope-ids.ts';

interface Parameters {
  readonly at: number;
  readonly scopeId: number;
  readonly itemId: string;
  readonly position: number;
  readonly turn: number;
  readonly event: string;
  /** JSON of names; of the numbers of scopes */
  readonly events: string;
  readonly scopes: string;
  readonly limit: number;
}

type RawEntry = readonly [
  at: number,
  scopeId: number,
  itemId: string,
  position: number,
  turn: number,
  event: string,
  reason: string,
  snapshotId: string | null,
  author: string,
  evidence: string,
  erasable: number,
];

type Place = readonly [at: number, scope: string, itemId: string, position: number, turn: number, event: string];

const NEWEST: Place = [Number.MAX_SAFE_INTEGER, '', '', 0, 0, ''];

/** What left the collection and came back, of all items, the newest first. */
export class JournalReads {
  readonly #scopes: ScopeIds;
  readonly #page: Statement<[Parameters], RawEntry>;

  constructor(db: Database, scopes: ScopeIds) {
    this.#scopes = scopes;
    this.#page = db
      .prepare<[Parameters], RawEntry>(
        `SELECT at, scope_id, item_id, position, turn, event, reason, snapshot_id, author, evidence, erasable
         FROM history INDEXED BY history_journal
         WHERE ${JOURNAL_CONDITION} AND event IN (SELECT value FROM json_each(@events))
           AND scope_id IN (SELECT value FROM json_each(@scopes))
           AND (at, scope_id, item_id, position, turn, event) < (@at, @scopeId, @itemId, @position, @turn, @event)
         ORDER BY at DESC, scope_id DESC, item_id DESC, position DESC, turn DESC, event DESC LIMIT @limit`,
      )
      .raw();
  }

  /** @throws InputError when `after` is no entry of ours. */
  page({ scopes, events }: JournalFilter, limit: number, after: string | null): JournalPage {
    const [at, scope, itemId, position, turn, event] = after === null ? NEWEST : decode(after);
    const rows = this.#page.all({
      at,
      scopeId: this.#scopes.find(scope) ?? 0,
      itemId,
      position,
      turn,
      event,
      events: JSON.stringify(events),
      scopes: JSON.stringify(this.#scopes.matching(scopes === undefined ? {} : { scopes })),
      limit: limit + 1,
    });
    const entries = rows.slice(0, limit).map((raw) => this.#toEntry(raw));
    return { entries, next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null };
  }

  #toEntry(raw: RawEntry): JournalEntry {
    const [at, scopeId, itemId, position, turn, event, reason, snapshotId, author, evidence, erasable] = raw;
    const scope = this.#scopes.name(scopeId);
    const id = encode([at, scope, itemId, position, turn, event]);
    return { id, scope, itemId, position, at, event, reason, snapshotId, author, evidence, erasable: erasable === 1 };
  }
}

function encode(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function decode(cursor: string): Place {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    const types = ['number', 'string', 'string', 'number', 'number', 'string'];
    if (Array.isArray(place) && place.length === types.length && types.every((type, i) => typeof place[i] === type))
      return place as unknown as Place;
  } catch {
    // Said below.
  }
  throw new InputError('this is no place in the journal: use the `next` of the page before', { after: cursor });
}
