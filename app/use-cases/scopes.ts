import { InputError, NotFoundError } from '../../core/errors.ts';
import { type Account, accountName, parseScope, type Scope, scopeName } from '../../core/keys.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { ways } from '../../producers/ways.ts';
import type { ScopeChoice } from '../app.ts';

export const PROVIDERS: readonly string[] = ['reddit', 'github', 'tiktok'];
export const DEFAULT_USER = 'me';
const USER = /^[A-Za-z0-9._-]{1,64}$/;

/** Throws InputError where the name is not allowed. */
export function checkUser(user: string): string {
  if (USER.test(user)) return user;
  throw new InputError(`'${user}' cannot name a user: 1 to 64 letters, digits, dots, _ and - are allowed`);
}

/** Throws InputError where there is no such provider. */
export function checkProvider(provider: string): string {
  if (PROVIDERS.includes(provider)) return provider;
  throw new InputError(`'${provider}' is no provider: there are ${PROVIDERS.join(', ')}`);
}

/** Scopes of the store that fit; null fits all. Ascending by name. */
export async function findScopes(
  store: ItemStore,
  choice: { readonly user?: string | null; readonly provider?: string | null; readonly collection?: string | null },
): Promise<readonly Scope[]> {
  const fits = (wanted: string | null | undefined, is: string): boolean =>
    wanted === null || wanted === undefined || wanted === is;
  const scopes = (await store.scopes()).map((row) => parseScope(row.scope));
  return scopes
    .filter(
      (scope) =>
        fits(choice.user, scope.user) &&
        fits(choice.provider, scope.provider) &&
        fits(choice.collection, scope.collection),
    )
    .sort((a, b) => (scopeName(a) < scopeName(b) ? -1 : 1));
}

/** The one scope that is meant. Throws NotFoundError where there is none, InputError where there are several. */
export async function resolveScope(store: ItemStore, choice: ScopeChoice): Promise<Scope> {
  checkProvider(choice.provider);
  const { provider, user } = choice;
  const scopes = await findScopes(store, choice);
  const [only] = scopes;
  if (only === undefined) throw new NotFoundError(nothingKnown({ provider, user }, choice.collection));
  if (scopes.length > 1) {
    throw new InputError(
      `${accountName({ provider, user })} has several collections: choose one with --collection (${scopes.map((scope) => scope.collection).join(', ')})`,
    );
  }
  return only;
}

function nothingKnown(account: Account, collection: string | null | undefined): string {
  const of = collection === null || collection === undefined ? '' : ` of a collection '${collection}'`;
  return `nothing is known${of} of ${accountName(account)}: ${ways.status}, lists what there is`;
}

/**
 * The scope that holds the item, where the user may be left out: then the one user who has it, or the default one of
 * several. NotFoundError where nobody has it.
 */
export async function resolveItemScope(
  store: ItemStore,
  choice: { readonly provider: string; readonly collection: string; readonly user: string | null },
  itemId: string,
): Promise<Scope> {
  checkProvider(choice.provider);
  const holding: Scope[] = [];
  for (const scope of await findScopes(store, choice))
    if ((await store.rows(scopeName(scope), [itemId])).has(itemId)) holding.push(scope);
  const found = holding.find((scope) => scope.user === DEFAULT_USER) ?? holding[0];
  if (found === undefined)
    throw new NotFoundError(`there is no item ${itemId} in ${choice.provider} ${choice.collection}`);
  if (holding.length > 1 && choice.user === null && found.user !== DEFAULT_USER) {
    throw new InputError(
      `several users have it: choose one with ?user= (${holding.map((scope) => scope.user).join(', ')})`,
    );
  }
  return found;
}
