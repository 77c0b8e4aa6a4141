import { useQueries, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { get } from '../../api/client.ts';
import type { ItemPage, ListedItem } from '../../api/types.ts';
import { type Filters, toQuery } from './filters.ts';

const PAGE_ITEMS = 100;
/** So long a page that is out of sight is kept. */
const KEEP_MS = 20_000;
const FRESH_MS = 30_000;
/** A scroll that jumps asks only for where it comes to rest. */
const SETTLE_MS = 90;

export interface ItemPages {
  /** null until it is known */
  readonly total: number | null;
  /** the same one for as long as nothing of it changed; undefined until it is known */
  readonly firstPage: ItemPage | undefined;
  /** undefined while it is on its way */
  readonly itemAt: (index: number) => ListedItem | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

export interface Which {
  readonly filters: Filters;
  /** also why each is in the trash */
  readonly explain?: boolean;
}

/** Items by their place, of which only the pages near the view are asked for and kept. */
export function useItemPages(which: Which, first: number, last: number, isOn: boolean): ItemPages {
  const start = useQuery({ ...pageQuery(which, 0), enabled: isOn });
  const total = start.data === undefined ? null : (start.data.total ?? start.data.items.length);
  const shown = useSettledRange(Math.floor(first / PAGE_ITEMS), Math.floor(last / PAGE_ITEMS));
  const numbers = isOn && total !== null ? pagesBetween(shown, total) : [];
  const pages = useQueries({ queries: numbers.map((page) => pageQuery(which, page)) });
  const byNumber = new Map(numbers.map((page, i) => [page, pages[i]?.data?.items]));
  const failed = [start, ...pages].find(({ error, data }) => error !== null && data === undefined);
  return {
    total,
    firstPage: start.data,
    itemAt: (index) => {
      const page = Math.floor(index / PAGE_ITEMS);
      const items = page === 0 ? start.data?.items : byNumber.get(page);
      return items?.[index % PAGE_ITEMS];
    },
    error: failed?.error ?? null,
    retry: () => void failed?.refetch(),
  };
}

/** Besides page 0, which is asked for in any case. */
function pagesBetween({ from, to }: Range, total: number): readonly number[] {
  const last = Math.min(to, Math.floor((total - 1) / PAGE_ITEMS));
  const begin = Math.max(from, 1);
  return Array.from({ length: Math.max(0, last - begin + 1) }, (_, i) => begin + i);
}

function pageQuery(
  { filters, explain = false }: Which,
  page: number,
): {
  readonly queryKey: readonly unknown[];
  readonly queryFn: (context: { readonly signal: AbortSignal }) => Promise<ItemPage>;
  readonly gcTime: number;
  readonly staleTime: number;
} {
  const asked = { ...toQuery(filters), offset: page * PAGE_ITEMS, limit: PAGE_ITEMS };
  const query = explain ? { ...asked, explain: 'true' } : asked;
  return {
    queryKey: ['items', query],
    queryFn: ({ signal }) => get<ItemPage>('v1/items', { query, signal }),
    gcTime: page === 0 ? KEEP_MS * 10 : KEEP_MS,
    staleTime: FRESH_MS,
  };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function useSettledRange(from: number, to: number): Range {
  const [settled, setSettled] = useState<Range>({ from, to });
  const isNear = Math.abs(from - settled.from) <= 1 && Math.abs(to - settled.to) <= 1;
  useEffect(() => {
    if (from === settled.from && to === settled.to) return undefined;
    const timer = setTimeout(() => setSettled({ from, to }), isNear ? 0 : SETTLE_MS);
    return () => clearTimeout(timer);
  }, [from, to, isNear, settled]);
  return settled;
}
