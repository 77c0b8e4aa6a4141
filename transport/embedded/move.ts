import { FencedError, LogUnavailableError } from '../../core/errors.ts';
import type { LogEnds } from '../../core/ports/movable-log.ts';
import type { LogDatabase } from './log-database.ts';
import type { PartitionTable } from './partition-table.ts';

interface LayoutRow {
  readonly id: string;
  readonly held_until: number;
  readonly moved_to: string | null;
}

/** A caller that died holds nobody for longer. */
const LONGEST_HOLD_MS = 60_000;

interface MoveDeps {
  readonly db: LogDatabase;
  readonly tables: readonly PartitionTable[];
  readonly now: () => number;
}

/** What log.db says of its own end: see MovableLog. It is read in the transaction of each append, so that none slips through. */
export class Move {
  readonly #deps: MoveDeps;

  constructor(deps: MoveDeps) {
    this.#deps = deps;
  }

  get id(): string {
    return this.#deps.db.read(() => this.#row().id);
  }

  movedTo(): string | null {
    return this.#deps.db.read(() => this.#row().moved_to);
  }

  /** Within the transaction of an append. @throws FencedError, LogUnavailableError */
  check(): void {
    const { moved_to: to, held_until: until } = this.#row();
    if (to !== null) {
      throw new FencedError(
        `the event log has moved to Kafka (${to}), and nothing more is written here: set HOARDARR_EVENT_LOG=kafka, and try again`,
      );
    }
    const now = this.#deps.now();
    // One that ends later than any hold can is of a clock that was ahead.
    if (until > now && until <= now + LONGEST_HOLD_MS)
      throw new LogUnavailableError('the event log is just being moved to Kafka');
  }

  async hold(forMs: number): Promise<void> {
    await this.#holdUntil(this.#deps.now() + Math.min(forMs, LONGEST_HOLD_MS));
  }

  async resume(): Promise<void> {
    await this.#holdUntil(0);
  }

  async leave(to: string, ends: LogEnds): Promise<boolean> {
    const { db, tables } = this.#deps;
    const isAsRead = (table: PartitionTable): boolean =>
      ends.get(table.topic)?.find(({ partition }) => partition === table.partition)?.end === table.end();
    return await db.write('power', () => {
      if (!tables.every(isAsRead)) return false;
      db.prepare<[string]>('UPDATE layout SET moved_to = ?').run(to);
      return true;
    });
  }

  async #holdUntil(until: number): Promise<void> {
    await this.#deps.db.write('process', () => {
      this.#deps.db.prepare<[number]>('UPDATE layout SET held_until = ?').run(until);
    });
  }

  #row(): LayoutRow {
    const row = this.#deps.db.prepare<[], LayoutRow>('SELECT id, held_until, moved_to FROM layout').get();
    if (row === undefined) throw new LogUnavailableError('the event log has no layout');
    return row;
  }
}
