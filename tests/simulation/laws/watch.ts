import { parseRecordKey } from '../../../core/keys.ts';
import type { Decoded } from '../../../core/ports/schema-codec.ts';
import type { Evidence, Written } from './evidence.ts';

/**
 * A law that each record keeps or breaks by what was written before it: gets every record, those of `ingest` decoded, and tells
 * what breaks it.
 */
export type Watch = (written: Written, decoded: Decoded | null) => readonly string[];

/** Laws that hold at every moment of what is written. */
export class RecordWatch {
  readonly #account: string | null;
  readonly #watches: readonly Watch[];
  #next = 0;

  /** @param account null: all of them together */
  constructor(account: string | null, watches: readonly Watch[]) {
    this.#account = account;
    this.#watches = watches;
  }

  /** What breaks a law, of all that was written since the last look. */
  look(evidence: Evidence): readonly string[] {
    const wrong: string[] = [];
    for (; this.#next < evidence.written.length; this.#next++) {
      const written = evidence.written[this.#next] as Written;
      const { topic, record } = written;
      const { key, value } = record;
      if (this.#account !== null && parseRecordKey(key)?.account !== this.#account) continue;
      // A dead letter may hold what nobody can read.
      const decoded = topic === 'ingest' && value !== null ? evidence.decode(value) : null;
      for (const watch of this.#watches) wrong.push(...watch(written, decoded));
    }
    return wrong;
  }
}
