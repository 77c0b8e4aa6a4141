import { endOfDay, startOfDay } from '../../lib/calendar.ts';

/** What of the collection is looked at: it stands in the address, so that it can be kept and gone back to. */
export interface Filters {
  readonly q: string;
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  /** empty: what is in the collection */
  readonly state: string;
  /** ISO dates, empty for none; both days belong to it */
  readonly from: string;
  readonly to: string;
}

const NAMES = ['q', 'provider', 'user', 'collection', 'state', 'from', 'to'] as const;

export function readFilters(search: string): Filters {
  const params = new URLSearchParams(search);
  const value = (name: (typeof NAMES)[number]): string => params.get(name) ?? '';
  return {
    q: value('q'),
    provider: value('provider'),
    user: value('user'),
    collection: value('collection'),
    state: value('state'),
    from: value('from'),
    to: value('to'),
  };
}

/** With the question mark; empty where nothing is filtered. */
export function writeFilters(filters: Filters): string {
  const params = new URLSearchParams();
  for (const name of NAMES) if (filters[name] !== '') params.set(name, filters[name]);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** As the API takes them. */
export function toQuery({ provider, user, collection, state, from, to }: Filters): Record<string, string> {
  return { provider, user, collection, state, savedFrom: momentOf(startOfDay(from)), savedTo: momentOf(endOfDay(to)) };
}

/** Something is filtered, besides what is searched for. */
export function isFiltered(filters: Filters): boolean {
  return NAMES.some((name) => name !== 'q' && filters[name] !== '');
}

/** Empty where there is none. */
function momentOf(atMs: number): string {
  return Number.isNaN(atMs) ? '' : new Date(atMs).toISOString();
}
