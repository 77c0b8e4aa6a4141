import type { RefusedItem } from '../core/ports/item-store.ts';

/** Why an item is in the dead letters. */
export function refusalOf({ scope, itemId, error }: RefusedItem): string {
  return `the store refused ${scope} ${itemId}: ${error}`;
}

/** An item that is left out of a batch. */
export interface LeftOut {
  readonly reason: string;
  /** Its row may still note the keys of its records, as of those that an earlier stage could not take: most are too large. */
  readonly notesKeys: boolean;
}

/** Law 10: what of a batch goes to the dead letters, each record once, however often the batch is folded. */
export class BatchLetters {
  readonly #deadLetter: (offset: number, error: string) => Promise<void>;
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #written = new Set<number>();

  constructor(deadLetter: (offset: number, error: string) => Promise<void>) {
    this.#deadLetter = deadLetter;
  }

  /** From now on the records of these items are left out; where that was so already, not even their keys are noted. */
  leaveOut(refused: readonly RefusedItem[]): void {
    for (const each of refused) {
      const name = `${each.scope} ${each.itemId}`;
      this.#leftOut.set(name, { reason: refusalOf(each), notesKeys: !this.#leftOut.has(name) });
    }
  }

  /** Null: it is not left out. */
  leftOut(item: { readonly scope: string; readonly itemId: string } | null): LeftOut | null {
    return item === null ? null : (this.#leftOut.get(`${item.scope} ${item.itemId}`) ?? null);
  }

  async write(offset: number, error: string): Promise<void> {
    if (this.#written.has(offset)) return;
    await this.#deadLetter(offset, error);
    this.#written.add(offset);
  }
}
