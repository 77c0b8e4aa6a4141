import { get } from '../../api/client.ts';
import type { HeldGroup } from '../../api/types-removals.ts';

/** What waits for approval, asked for once for all who show it. */
export const heldQuery = {
  queryKey: ['held'],
  queryFn: async ({ signal }: { readonly signal: AbortSignal }): Promise<readonly HeldGroup[]> =>
    (await get<{ readonly held: readonly HeldGroup[] }>('v1/held', { signal })).held,
} as const;
