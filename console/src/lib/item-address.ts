import type { ItemName } from '../api/types.ts';

/** The page of an item, for links inside the console. */
export function itemHref({ provider, user, collection, itemId }: ItemName): string {
  return `/items/${[provider, collection, itemId].map(encodeURIComponent).join('/')}?user=${encodeURIComponent(user)}`;
}

/** The item in the API, without its user. */
export function itemPath({ provider, collection, itemId }: ItemName): string {
  return `v1/items/${[provider, collection, itemId].map(encodeURIComponent).join('/')}`;
}

export function itemKey({ provider, user, collection, itemId }: ItemName): string {
  return [provider, user, collection, itemId].join('/');
}

/** A link that may be opened: what providers name is not always one, and might be a script. */
export function webLink(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const { protocol } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? url : null;
}
