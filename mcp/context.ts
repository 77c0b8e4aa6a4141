import type { App } from '../app/app.ts';
import type { ItemName } from '../app/use-cases/decide-many.ts';
import { DEFAULT_USER, resolveItemScope } from '../app/use-cases/scopes.ts';
import { InputError } from '../core/errors.ts';
import type { Confirmations } from './confirmations.ts';
import type { ServedApp } from './served-app.ts';

/** A change that was proposed: exactly this operation on exactly these items, as they were then. */
export interface ProposedChange {
  readonly operation: 'restore' | 'purge';
  readonly items: readonly (ItemName & { readonly basis: string })[];
}

/** What the tools work with. */
export interface McpContext {
  readonly served: ServedApp;
  /** whose items are served; null: everybody's */
  readonly user: string | null;
  readonly changes: Confirmations<ProposedChange>;
}

/** Whose items are meant. InputError where another user's are asked for than are served. */
export function whoseOf({ user }: McpContext, asked: string | undefined): string | null {
  if (user !== null && asked !== undefined && asked !== user)
    throw new InputError(`only the items of '${user}' are served here`);
  return user ?? asked ?? null;
}

/** The whole name of an item, where the user may be left out. NotFoundError where nobody has it. */
export async function nameOf(
  context: McpContext,
  app: App,
  asked: {
    readonly provider: string;
    readonly collection: string;
    readonly itemId: string;
    readonly user?: string | undefined;
  },
): Promise<ItemName> {
  const { provider, collection, itemId } = asked;
  const user = whoseOf(context, asked.user);
  return { ...(await resolveItemScope(app.store, { provider, collection, user }, itemId)), itemId };
}

/** Who decided, as the history tells it. */
export function authorOf({ user }: McpContext): string {
  return user ?? DEFAULT_USER;
}
