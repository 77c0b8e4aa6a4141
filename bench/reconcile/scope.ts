/** The scope that is reconciled, and the export that it is reconciled with. */
export const SCOPE = { provider: 'tiktok', user: 'me', collection: 'favorites' } as const;
const FIRST_SAVED_AT = Date.UTC(2020, 0, 1);
export const FIRST_AS_OF = Date.UTC(2024, 0, 1) + 10_000_000_000;
export const SECOND_AS_OF = FIRST_AS_OF + 86_400_000;

/** When an item was saved, ms; from its id alone, so that a list of ids is all that a producer has to keep. */
export function savedAtOf(itemId: string): number {
  return FIRST_SAVED_AT + Number(itemId.slice(-9)) * 100;
}

/** One of a hundred items has vanished. */
export function hasVanished(n: number): boolean {
  return n % 100 === 7;
}
