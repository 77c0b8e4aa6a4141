/** The collection that is searched. Queries are drawn from the same mixture as the items, and are none of them. */
export const SCOPE_NAME = 'tiktok/me/favorites';
export const MODEL = 'mixture';
export const DIMENSIONS = 1_536;
export const FIRST_QUERY = 10_000_000;
export const HITS = 10;
