import { DEAD_LETTER_HEADER } from '../core/dead-letter.ts';
import { PoisonError } from '../core/errors.ts';
import { earlierKeysOf, HEADER, ingestKeyOf, itemOfKey, offsetIn } from '../core/keys.ts';
import type { LedgerRow } from '../core/ledger.ts';
import type { AppendRecord, EventLog, LogRecord } from '../core/ports/event-log.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';

export interface Item {
  readonly scope: string;
  readonly itemId: string;
}

interface LetterEraserDeps {
  readonly log: EventLog;
  readonly store: ItemStore;
  readonly codec: SchemaCodec;
}

/** By scope and item id. */
type Rows = ReadonlyMap<string, LedgerRow>;

/** Law 7: what the dead letters hold of a purged item goes, and so do the records that they were. */
export class LetterEraser {
  readonly #deps: LetterEraserDeps;

  constructor(deps: LetterEraserDeps) {
    this.#deps = deps;
  }

  /** Those that are there when the items were purged. */
  async eraseOf(partition: number, items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    const rows = await this.#rowsOf(items);
    const purged = new Set(items.map(nameOf));
    for (let from = 0; ; ) {
      const records = await this.#deps.log.read('dead-letter', partition, from);
      const found = records.filter(({ key, value }) => {
        const item = value === null ? null : itemOfKey(key);
        return item !== null && purged.has(nameOf(item));
      });
      if (found.length > 0) await this.#erase(partition, found, rows);
      const last = records.at(-1);
      if (last === undefined) return;
      from = last.offset + 1;
    }
  }

  /** Those of them that arrive after the purge of their item. True where there were some. */
  async eraseLate(partition: number, letters: readonly LogRecord[]): Promise<boolean> {
    const items = letters.flatMap(({ key, value }) => (value === null ? [] : (itemOfKey(key) ?? [])));
    const rows = await this.#rowsOf(items);
    const late = letters.filter((letter) => {
      const row = letter.value === null ? undefined : rowOf(letter, rows);
      return row !== undefined && (row.state === 'purged' || row.blocked || firstPositionOf(letter) <= row.purgedAt);
    });
    if (late.length > 0) await this.#erase(partition, late, rows);
    return late.length > 0;
  }

  async #rowsOf(items: readonly Item[]): Promise<Rows> {
    const ids = new Map<string, Set<string>>();
    for (const { scope, itemId } of items) ids.set(scope, (ids.get(scope) ?? new Set()).add(itemId));
    const rows = new Map<string, LedgerRow>();
    for (const [scope, itemIds] of ids)
      for (const [itemId, row] of await this.#deps.store.rows(scope, [...itemIds]))
        rows.set(nameOf({ scope, itemId }), row);
    return rows;
  }

  /** The tombstone goes first, so that a dead letter never comes back after it was deleted. */
  async #erase(partition: number, letters: readonly LogRecord[], rows: Rows): Promise<void> {
    const { log } = this.#deps;
    const tombstone = (key: string): AppendRecord => ({ key, value: null });
    const decided = new Map(letters.map((letter) => [letter, this.#decided(letter, rowOf(letter, rows))]));
    // The decision that purged the item acted after all, at a later attempt: without it, a rebuild would not purge.
    const going = letters.filter((letter) => decided.get(letter) === null);
    const keys = going.flatMap((letter) => [ingestKeyOf(letter), ...earlierKeysOf(letter.headers)]);
    await log.append('ingest', partition, [...new Set(keys)].map(tombstone));
    const over = letters.filter((letter) => decided.get(letter) !== 'later');
    await log.append('dead-letter', partition, [...new Set(over.map(({ key }) => key))].map(tombstone));
  }

  /** Whether a dead letter holds the decision that purged its item, or one that was made since. Null for everything else. */
  #decided(letter: LogRecord, row: LedgerRow | undefined): 'purge' | 'later' | null {
    const position = positionOf(letter);
    if (row === undefined || row.purgedAt < 0 || position < row.purgedAt || !this.#isDecision(letter)) return null;
    return position === row.purgedAt ? 'purge' : 'later';
  }

  #isDecision({ value }: LogRecord): boolean {
    try {
      return value !== null && this.#deps.codec.decode(value).type === 'Decision';
    } catch (error) {
      if (error instanceof PoisonError) return false;
      throw error;
    }
  }
}

/** As items are told from one another here. */
export function nameOf({ scope, itemId }: Item): string {
  return `${scope} ${itemId}`;
}

function rowOf({ key }: LogRecord, rows: Rows): LedgerRow | undefined {
  const item = itemOfKey(key);
  return item === null ? undefined : rows.get(nameOf(item));
}

/** In `ingest`, of the record that a dead letter holds; 0 where it is not told. */
function positionOf({ headers }: LogRecord): number {
  const own = headers[DEAD_LETTER_HEADER.topic] === 'ingest' ? DEAD_LETTER_HEADER.offset : HEADER.position;
  return offsetIn(headers[own]) ?? 0;
}

/** The same, of its first copy. */
function firstPositionOf(letter: LogRecord): number {
  return offsetIn(letter.headers[HEADER.firstPosition]) ?? positionOf(letter);
}
