import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { post } from '../../api/client.ts';
import type { ItemName, ItemState } from '../../api/types.ts';
import type { Decisions } from '../../api/types-removals.ts';
import { notify } from '../../components/notify.ts';
import { sentence } from '../../components/problem-note.tsx';
import { texts } from '../../texts.ts';

export type ManyOperation = 'restore' | 'purge' | 'approve' | 'reject';

export interface ManyDecisions {
  readonly operation: ManyOperation;
  /** of held items: the group whose evidence was shown */
  readonly holdId?: string;
  /** in which all of them were shown: what left it meanwhile is not touched */
  readonly state?: ItemState;
  readonly items: readonly ItemName[];
}

/** The most that the API decides about at once. */
const MOST_AT_ONCE = 1_000;

/** Decides about any number of items, and says how many of them it is true of now. */
export function useDecisions(): UseMutationResult<number, Error, ManyDecisions> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: decide,
    onSuccess: (done, { operation, items }) => {
      notify({ title: texts.removals.decided[operation](done) });
      const undone = items.length - done;
      if (undone > 0) notify({ title: texts.removals.undone(undone), isDanger: true });
    },
    onError: (error) => notify({ title: texts.failed, detail: sentence(error.message), isDanger: true }),
    // What was decided before something failed is in force.
    onSettled: () => client.invalidateQueries(),
  });
}

async function decide({ items, ...asked }: ManyDecisions): Promise<number> {
  let done = 0;
  for (let from = 0; from < items.length; from += MOST_AT_ONCE) {
    const names = items
      .slice(from, from + MOST_AT_ONCE)
      .map(({ provider, user, collection, itemId }) => ({ provider, user, collection, itemId }));
    done += (await post<Decisions>('v1/decisions', { ...asked, items: names })).done;
  }
  return done;
}
