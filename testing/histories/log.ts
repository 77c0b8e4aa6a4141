import { recordKey, SLOT } from '../../core/keys.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import { type HistoryRecord, type Random, SCOPE } from './types.ts';

/** `ingest`, `enriched` and the dead letters of one account, with the faults that a log and its processor can have. */
export class HistoryLog {
  ingest: HistoryRecord[] = [];
  enriched: HistoryRecord[] = [];
  dead: HistoryRecord[] = [];
  readonly poisoned = new Set<number>();
  /** last position that the processor passed on */
  processed = -1;
  #nextPosition = 0;
  #nextOffset = 0;
  #copies = 0;
  readonly #random: Random;
  readonly #quiet: () => boolean;
  readonly #reach: (what: string) => void;
  readonly #onLostDecision: (itemId: string) => void;

  constructor(
    random: Random,
    quiet: () => boolean,
    reach: (what: string) => void,
    onLostDecision: (itemId: string) => void,
  ) {
    this.#onLostDecision = onLostDecision;
    this.#random = random;
    this.#quiet = quiet;
    this.#reach = reach;
  }

  get position(): number {
    return this.#nextPosition - 1;
  }

  /** Keys are unique; an append that is tried again gets a new suffix, and the event id inside stays. */
  append(decoded: Decoded, slot: string, copy: { readonly first?: HistoryRecord; readonly key?: string } = {}): number {
    const eventId = decoded.type === 'EnrichedItem' ? decoded.value.item.eventId : decoded.value.eventId;
    const key =
      copy.key ??
      recordKey(SCOPE, SCOPE.collection, slot, eventId, copy.first === undefined ? '' : `!${this.#copies++}`);
    const position = this.#nextPosition++;
    this.ingest.push({
      offset: position,
      position,
      key,
      decoded,
      first: copy.first?.first ?? position,
      firstKey: copy.first?.key ?? null,
    });
    if (!this.#quiet() && this.#random() < 0.06) {
      this.#reach('retried append');
      this.append(decoded, slot, {
        key: `${key}~${this.#copies++}`,
        ...(copy.first === undefined ? {} : { first: copy.first }),
      });
    }
    return position;
  }

  tombstone(key: string): void {
    const position = this.#nextPosition++;
    this.ingest.push({ offset: position, position, key, decoded: null, first: position, firstKey: null });
  }

  /** Laws 1 and 10: the processor passes records on in order; poison goes whole to the dead letters. Resolves to where it is. */
  process(count: number, from: number | null = null): number {
    let cursor = from ?? this.processed;
    let left = count;
    for (const record of this.ingest) {
      if (record.position <= cursor) continue;
      if (left-- <= 0) break;
      cursor = record.position;
      if (from === null) this.#poison(record);
      const marker = this.poisoned.has(record.position) ? ({ decoded: null, poison: true } as const) : {};
      this.enriched.push({ ...record, ...marker, offset: this.#nextOffset++ });
    }
    if (from === null) this.processed = cursor;
    return cursor;
  }

  #poison(record: HistoryRecord): void {
    if (record.decoded === null || record.firstKey !== null || this.#quiet() || this.#random() >= 0.03) return;
    this.dead.push(record);
    this.poisoned.add(record.position);
    if (record.decoded.type === 'Decision' && record.decoded.value.author !== 'sink')
      this.#onLostDecision(record.decoded.value.itemId);
    this.#reach('dead letter');
  }

  /** Law 2: snapshot records are never redriven, nor is a SyncStarted (law 1). */
  redrive(record: HistoryRecord): void {
    const { decoded } = record;
    if (decoded === null || /^Snapshot|^SyncStarted/.test(decoded.type)) return;
    this.#reach('redriven');
    const slot =
      'itemId' in decoded.value && typeof decoded.value.itemId === 'string' ? decoded.value.itemId : SLOT.run;
    this.append(decoded, slot, { first: record });
  }

  /** Compaction loses nothing but the records whose exact key got a tombstone. */
  compact(): void {
    for (const topic of ['ingest', 'enriched'] as const) {
      const erasedAt = new Map<string, number>();
      for (const record of this[topic])
        if (record.decoded === null && record.poison === undefined) erasedAt.set(record.key, record.offset);
      const before = this[topic].length;
      this[topic] = this[topic].filter(
        (record) =>
          (record.decoded === null && record.poison === undefined) || (erasedAt.get(record.key) ?? -1) < record.offset,
      );
      if (this[topic].length < before) this.#reach('compaction erased');
    }
  }
}
