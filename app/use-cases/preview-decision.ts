import { NotFoundError } from '../../core/errors.ts';
import { applicable } from '../../core/fold/decision.ts';
import { scopeName } from '../../core/keys.ts';
import type { LedgerRow } from '../../core/ledger.ts';
import type { App } from '../app.ts';
import type { ItemName } from './decide-many.ts';
import { checkProvider } from './scopes.ts';

export interface DecisionPreview extends ItemName {
  readonly state: LedgerRow['state'];
  readonly pinned: boolean;
  /** null also where its author deleted it */
  readonly title: string | null;
  /** the decision would change something */
  readonly applies: boolean;
  /** in plain words */
  readonly outcome: string;
  /** another one means that the item was decided about, or changed its state, since */
  readonly basis: string;
}

/** What a person's decision would do, item by item; nothing is decided. NotFoundError where one of them is unknown. */
export async function previewDecision(
  app: App,
  operation: 'restore' | 'purge',
  items: readonly ItemName[],
): Promise<readonly DecisionPreview[]> {
  const previews: DecisionPreview[] = [];
  for (const { provider, user, collection, itemId } of items) {
    checkProvider(provider);
    const name = scopeName({ provider, user, collection });
    const item = await app.store.item(name, itemId);
    if (item === null) throw new NotFoundError(`there is no item ${itemId} in ${name}`);
    const { row, content } = item;
    const { state, pinned, blocked, hidden, decided } = row;
    const applies = applicable(row, operation);
    previews.push({
      provider,
      user,
      collection,
      itemId,
      state,
      pinned,
      applies,
      title: hidden ? null : (content?.title ?? null),
      outcome: applies ? EFFECT[operation] : whyNot(row, operation),
      basis: JSON.stringify([state, pinned, blocked, decided]),
    });
  }
  return previews;
}

const EFFECT = {
  restore: 'it will be in the collection, and pinned: kept whatever the source says',
  purge:
    'its text, vector and history of content will be erased for good, and it will not be taken in again until allowed',
} as const;

function whyNot(row: LedgerRow, operation: 'restore' | 'purge'): string {
  if (operation === 'purge') return 'nothing will change: it was purged already';
  if (row.state === 'purged') return 'nothing will change: it was purged, and its content is gone';
  return 'nothing will change: it is in the collection, and pinned already';
}
