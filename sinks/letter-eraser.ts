import { DEAD_LETTER_HEADER } from '../core/dead-letter.ts';
import { PoisonError } from '../core/errors.ts';
import {
  type Account,
  accountName,
  earlierKeysOf,
  HEADER,
  ingestKeyOf,
  itemOfKey,
  offsetIn,
  parseRecordKey,
} from '../core/keys.ts';
import type { LedgerRow } from '../core/ledger.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { AppendRecord, EventLog, LogRecord } from '../core/ports/event-log.ts';
import type { ItemStore } from '../core/ports/item-store.ts';
import type { Decoded, SchemaCodec } from '../core/ports/schema-codec.ts';
import type { RawItem } from '../schemas/generated/records.ts';
import { actedEvent } from './unit-of-work.ts';

export interface Item {
  readonly scope: string;
  readonly itemId: string;
}

interface LetterEraserDeps {
  readonly log: EventLog;
  readonly store: ItemStore;
  readonly codec: SchemaCodec;
  readonly clock: Clock;
}

/** How often it is looked whether the sink has come past what a dead letter holds. */
const LOOK_MS = 100;

/** By scope and item id. */
type Rows = ReadonlyMap<string, LedgerRow>;

/** Law 7: what the dead letters hold of a purged item, or of an erased account, goes, and so do the records that they were. */
export class LetterEraser {
  readonly #deps: LetterEraserDeps;

  constructor(deps: LetterEraserDeps) {
    this.#deps = deps;
  }

  /** Those that are there when the items were purged. */
  async eraseOf(partition: number, items: readonly Item[], signal: AbortSignal): Promise<void> {
    if (items.length === 0) return;
    const purged = new Set(items.map(nameOf));
    for await (const records of this.#pages(partition)) {
      const found = records.filter(({ key }) => {
        const item = itemOfKey(key);
        return item !== null && purged.has(nameOf(item));
      });
      await this.eraseLate(partition, found, signal);
    }
  }

  /**
   * All of an account that was erased, also those that name no item, as a row of a listing that cannot be read. The sink has come
   * past what they are of. True where there were some.
   */
  async eraseOfAccount(account: Account): Promise<boolean> {
    const { log } = this.#deps;
    const name = accountName(account);
    const partition = log.partitionOf(name);
    let found = false;
    for await (const records of this.#pages(partition)) {
      const letters = records.filter(({ key, value }) => value !== null && parseRecordKey(key)?.account === name);
      if (letters.length === 0) continue;
      found = true;
      await this.#eraseRecords(
        partition,
        letters.filter(({ key }) => itemOfKey(key) !== null),
      );
      await this.#eraseLetters(partition, letters);
    }
    return found;
  }

  async *#pages(partition: number): AsyncGenerator<readonly LogRecord[]> {
    for (let from = 0; ; ) {
      const records = await this.#deps.log.read('dead-letter', partition, from);
      const last = records.at(-1);
      if (last === undefined) return;
      yield records;
      from = last.offset + 1;
    }
  }

  /**
   * Those of them that are late, as content is. True where there were some. A stage writes a dead letter before it has moved past
   * the record, and may take it after all where it dies in between: whether it did is known once the sink has come past it.
   *
   * @throws the reason of `signal`, which ends waiting for that
   */
  async eraseLate(partition: number, records: readonly LogRecord[], signal: AbortSignal): Promise<boolean> {
    const letters = records.filter(({ value }) => value !== null);
    for (;;) {
      // First, so that the rows tell at least what was applied by then.
      const { position } = await this.#deps.store.progress(partition);
      const late = await this.#lateOf(letters);
      if (late.length === 0) return false;
      if (await this.#isPast(partition, position, late)) {
        await this.#erase(partition, late);
        return true;
      }
      await this.#deps.clock.sleep(LOOK_MS, signal);
    }
  }

  async #lateOf(letters: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const rows = await this.#rowsOf(letters.flatMap(({ key }) => itemOfKey(key) ?? []));
    return letters.filter((letter) => {
      const row = rowOf(letter, rows);
      return row !== undefined && this.#isLate(letter, row);
    });
  }

  /** A sink that has applied up to `applied` meets none of these any more. */
  async #isPast(partition: number, applied: number, letters: readonly LogRecord[]): Promise<boolean> {
    const last = Math.max(...letters.map(positionOf));
    if (last <= applied) return true;
    const ingest = (await this.#deps.log.ends('ingest')).find((each) => each.partition === partition);
    // Then it is of no record that could still come.
    return ingest === undefined || last >= ingest.end;
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

  #isLate(letter: LogRecord, row: LedgerRow): boolean {
    if (!(row.state === 'purged' || row.blocked || firstPositionOf(letter) <= row.purgedAt)) return false;
    const decoded = this.#read(letter);
    // A decision that was made since is still to be redriven.
    if (decoded?.type === 'Decision') return positionOf(letter) <= row.purgedAt;
    // What brought the item back was taken after all, at a later attempt.
    return rawItemOf(decoded)?.eventId !== row.returnedBy;
  }

  /** Null for what cannot be read. */
  #read({ value }: LogRecord): Decoded | null {
    try {
      return value === null ? null : this.#deps.codec.decode(value);
    } catch (error) {
      if (error instanceof PoisonError) return null;
      throw error;
    }
  }

  /** The tombstone goes first, so that a dead letter never comes back after it was deleted. */
  async #erase(partition: number, letters: readonly LogRecord[]): Promise<void> {
    await this.#eraseRecords(partition, letters);
    await this.#eraseLetters(partition, letters);
  }

  async #eraseRecords(partition: number, letters: readonly LogRecord[]): Promise<void> {
    const { log, store } = this.#deps;
    const keys = [...new Set(letters.flatMap((letter) => [ingestKeyOf(letter), ...earlierKeysOf(letter.headers)]))];
    // A decision may have acted after all, at a later attempt or before a copy of it was refused: a rebuild needs it.
    const acted = await store.knownEvents(keys.map(actedEvent));
    await log.append('ingest', partition, keys.filter((key) => !acted.has(actedEvent(key))).map(tombstone));
  }

  async #eraseLetters(partition: number, letters: readonly LogRecord[]): Promise<void> {
    await this.#deps.log.append('dead-letter', partition, [...new Set(letters.map(({ key }) => key))].map(tombstone));
  }
}

function tombstone(key: string): AppendRecord {
  return { key, value: null };
}

/** As items are told from one another here. */
export function nameOf({ scope, itemId }: Item): string {
  return `${scope} ${itemId}`;
}

function rawItemOf(decoded: Decoded | null): RawItem | null {
  if (decoded?.type === 'EnrichedItem') return decoded.value.item;
  return decoded?.type === 'RawItem' ? decoded.value : null;
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
