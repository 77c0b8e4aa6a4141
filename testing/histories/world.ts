import { createHash } from 'node:crypto';
import { ITEM_COUNT, type Random } from './types.ts';

/** What is true at the source: who saved what, what it says, who deleted it. Ticks of the clock are its time. */
export class World {
  clock = ITEM_COUNT + 1;
  /** item → tick at which it was saved */
  readonly saved = new Map<number, number>();
  readonly content: string[] = [];
  readonly deleted = new Set<number>();
  readonly unfetchable = new Set<number>();
  readonly unsavedAt = new Map<number, number>();

  constructor(random: Random) {
    for (let x = 0; x < ITEM_COUNT; x++) {
      if (random() >= 0.6) continue;
      this.saved.set(x, x + 1);
      this.content[x] = `text ${x}`;
    }
  }

  save(x: number, random: Random): void {
    if (this.saved.has(x)) return;
    this.saved.set(x, this.clock);
    this.content[x] ??= `text ${x}`;
    if (random() < 0.08) this.unfetchable.add(x);
  }

  unsave(x: number): void {
    if (this.saved.delete(x)) this.unsavedAt.set(x, this.clock);
  }

  edit(x: number, version: number): void {
    if (this.content[x] !== undefined) this.content[x] = `text ${x} v${version}`;
  }

  authorDeletes(x: number): void {
    if (this.deleted.has(x)) this.deleted.delete(x);
    else if (this.content[x] !== undefined) this.deleted.add(x);
  }

  /** Newest save first. */
  list(): number[] {
    return [...this.saved.keys()].toReversed();
  }

  document(x: number): Shown {
    const deleted = this.deleted.has(x);
    const text = deleted || this.unfetchable.has(x) ? null : (this.content[x] ?? null);
    return { text, deleted, savedAt: this.saved.get(x) ?? null };
  }
}

/** An item as its source shows it. */
export interface Shown {
  /** null: not shown */
  readonly text: string | null;
  readonly deleted: boolean;
  /** tick */
  readonly savedAt: number | null;
}

/** As long as the product's document hashes are. */
export function hashOf(shown: Shown): string {
  return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22);
}
