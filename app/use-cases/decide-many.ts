import { type Scope, scopeName } from '../../core/keys.ts';
import type { App } from '../app.ts';
import { type Decided, decideInScope, type PersonOperation, type SeenBefore } from './decide.ts';

/** An item, and whose it is. */
export interface ItemName extends Scope {
  readonly itemId: string;
}

export interface DecideManyRequest extends SeenBefore {
  readonly operation: PersonOperation;
  readonly items: readonly ItemName[];
}

export type DecidedItem = ItemName & Decided;

/**
 * Decides about items of any collections, each in the name of its user. An item that is not there is told of, and the rest is
 * decided nevertheless; so is one that is named twice.
 */
export async function decideMany(app: App, { items, ...asked }: DecideManyRequest): Promise<readonly DecidedItem[]> {
  const byScope = new Map<string, { readonly scope: Scope; readonly itemIds: Set<string> }>();
  for (const { itemId, provider, user, collection } of items) {
    const scope = { provider, user, collection };
    const group = byScope.get(scopeName(scope)) ?? { scope, itemIds: new Set<string>() };
    byScope.set(scopeName(scope), group);
    group.itemIds.add(itemId);
  }
  const outcomes = new Map<string, Decided>();
  for (const [name, { scope, itemIds }] of byScope) {
    const known = await app.store.rows(name, [...itemIds]);
    if (known.size === 0) continue;
    const request = { ...asked, author: scope.user, itemIds: [...known.keys()] };
    for (const decided of await decideInScope(app, scope, request)) outcomes.set(`${name} ${decided.itemId}`, decided);
  }
  return items.map(({ provider, user, collection, itemId }) => {
    const name = scopeName({ provider, user, collection });
    const unknown = { itemId, done: false, reason: `there is no such item in ${name}`, state: null };
    return { provider, user, collection, ...(outcomes.get(`${name} ${itemId}`) ?? unknown) };
  });
}
