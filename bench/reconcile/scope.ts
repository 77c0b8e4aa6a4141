/** The scope that is reconciled, and the export that it is reconciled with. */
export const SCOPE = { provider: 'tiktok', user: 'me', collection: 'favorites' } as const;
export const FIRST_AS_OF = Date.UTC(2024, 0, 1) + 10_000_000_000;
export const SECOND_AS_OF = FIRST_AS_OF + 86_400_000;

/** One of a hundred items has vanished. */
export function hasVanished(n: number): boolean {
  return n % 100 === 7;
}
