import type { RefusedItem } from '../core/ports/item-store.ts';

/** Why an item is in the dead letters. */
export function refusalOf({ scope, itemId, error }: RefusedItem): string {
  return `the store refused ${scope} ${itemId}: ${error}`;
}

/** Law 10: what of a batch goes to the dead letters, each record once, however often the batch is folded. */
export class BatchLetters {
  readonly #deadLetter: (offset: number, error: string) => Promise<void>;
  readonly #refusals = new Map<string, string>();
  readonly #written = new Set<number>();

  constructor(deadLetter: (offset: number, error: string) => Promise<void>) {
    this.#deadLetter = deadLetter;
  }

  /** From now on the records of these items are left out. */
  leaveOut(refused: readonly RefusedItem[]): void {
    for (const each of refused) this.#refusals.set(`${each.scope} ${each.itemId}`, refusalOf(each));
  }

  /** Null: it is not left out. */
  refusalOf(item: { readonly scope: string; readonly itemId: string } | null): string | null {
    return item === null ? null : (this.#refusals.get(`${item.scope} ${item.itemId}`) ?? null);
  }

  async write(offset: number, error: string): Promise<void> {
    if (this.#written.has(offset)) return;
    await this.#deadLetter(offset, error);
    this.#written.add(offset);
  }
}
