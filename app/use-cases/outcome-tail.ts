import { PoisonError } from '../../core/errors.ts';
import type { LogRecord } from '../../core/ports/event-log.ts';
import type { App } from '../app.ts';
import { isoOf, objectOf } from './format.ts';

export interface OutcomeView {
  readonly at: string | null;
  readonly provider: string;
  readonly user: string;
  readonly collection: string | null;
  readonly itemId: string | null;
  readonly syncId: string | null;
  readonly snapshotId: string | null;
  readonly kind: string;
  readonly reason: string;
  readonly count: number;
  readonly evidence: Readonly<Record<string, unknown>>;
}

const PAGE_RECORDS = 100;

/** Follows `outcomes` without a consumer group: from its end, or from where an earlier reader stopped. */
export class OutcomeTail {
  readonly #app: App;
  readonly #next: Map<number, number>;

  private constructor(app: App, next: Map<number, number>) {
    this.#app = app;
    this.#next = next;
  }

  /** `lastId`: the id of the last event that the reader had; null or unreadable: only what comes from now on. */
  static async open(app: App, lastId: string | null): Promise<OutcomeTail> {
    const ends = await app.log.ends('outcomes');
    const known = /^\d+(-\d+)*$/.test(lastId ?? '') ? (lastId ?? '').split('-').map(Number) : [];
    const next = new Map(
      ends.map(({ partition, start, end }, i) => [partition, Math.min(end, Math.max(start, known[i] ?? end))]),
    );
    return new OutcomeTail(app, next);
  }

  /** What came since; each with the id from which a reader goes on after it. */
  async read(): Promise<readonly { readonly id: string; readonly outcome: OutcomeView }[]> {
    const found: { id: string; outcome: OutcomeView }[] = [];
    for (const [partition, from] of this.#next) {
      for (const record of await this.#app.log.read('outcomes', partition, from, { records: PAGE_RECORDS })) {
        this.#next.set(partition, record.offset + 1);
        const outcome = this.#decode(record);
        if (outcome !== null) found.push({ id: [...this.#next.values()].join('-'), outcome });
      }
    }
    return found;
  }

  #decode({ value }: LogRecord): OutcomeView | null {
    if (value === null) return null;
    try {
      const decoded = this.#app.codec.decode(value);
      if (decoded.type !== 'Outcome') return null;
      const { at, provider, user, collection, itemId, syncId, snapshotId, kind, reason, count, evidence } =
        decoded.value;
      return {
        at: isoOf(at),
        provider,
        user,
        collection,
        itemId,
        syncId,
        snapshotId,
        kind,
        reason,
        count,
        evidence: objectOf(evidence),
      };
    } catch (error) {
      if (error instanceof PoisonError) return null;
      throw error;
    }
  }
}
