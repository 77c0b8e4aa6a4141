import { type MouseEvent, type RefObject, useEffect, useRef } from 'react';
import { type OpenedItem, rememberOpened, takeOpened } from '../lib/scroll-memory.ts';

interface ListFocus {
  /** false where there is nowhere to go, so that the key keeps its meaning */
  readonly by: (distance: number) => boolean;
  readonly to: (index: number) => void;
  /** a link of the list was followed */
  readonly onOpen: (event: MouseEvent<HTMLElement>) => void;
}

interface Options {
  /** of the page that shows the list */
  readonly address: string;
  readonly count: number;
  readonly scrollTo: (index: number) => void;
}

/**
 * Moves the real focus, which readers follow; an entry that is not there yet gets it when it has come. Who comes back from an item
 * goes on from there.
 */
export function useListFocus(
  box: RefObject<HTMLUListElement | null>,
  { address, count, scrollTo }: Options,
): ListFocus {
  const wanted = useRef<number | null>(null);
  const left = useRef<OpenedItem | null>(null);
  const at = useRef(-1);
  const linkAt = (index: number): HTMLElement | null =>
    box.current?.querySelector<HTMLElement>(`[data-index="${index}"] a`) ?? null;
  const settle = (): void => {
    if (wanted.current === null) return;
    const link = linkAt(wanted.current);
    if (link === null) return;
    at.current = wanted.current;
    wanted.current = null;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: 'nearest' });
  };
  /** The list is scrolled to where it was, and may have changed meanwhile. */
  const comeBack = (): void => {
    if (left.current === null) return;
    const { index, href } = left.current;
    const links = [...(box.current?.querySelectorAll<HTMLElement>('[data-index] a') ?? [])];
    const link = links.find((each) => each.getAttribute('href') === href);
    if (link === undefined && linkAt(index) === null && !isFocusTaken()) return;
    left.current = null;
    at.current = link === undefined ? index : indexOf(link);
    if (!isFocusTaken()) link?.focus({ preventScroll: true });
  };
  useEffect(() => {
    if (left.current === null) left.current = takeOpened(address);
  }, [address]);
  useEffect(comeBack);
  useEffect(settle);
  const to = (index: number): void => {
    left.current = null;
    wanted.current = Math.max(0, Math.min(index, count - 1));
    if (linkAt(wanted.current) === null) scrollTo(wanted.current);
    settle();
  };
  const by = (distance: number): boolean => {
    if (count === 0) return false;
    const focused = document.activeElement;
    const isInside = focused !== null && box.current?.contains(focused) === true;
    const from = isInside ? indexOf(focused) : (wanted.current ?? left.current?.index ?? at.current);
    const target = from === -1 ? 0 : from + distance;
    if (target < 0 || target >= count) return isInside;
    to(target);
    return true;
  };
  const onOpen = ({ currentTarget: link }: MouseEvent<HTMLElement>): void =>
    rememberOpened(address, { index: indexOf(link), href: link.getAttribute('href') ?? '' });
  return { by, to, onOpen };
}

function indexOf(element: Element): number {
  return Number(element.closest('[data-index]')?.getAttribute('data-index') ?? -1);
}

/** By the reader: the heading of a page has it only until there is a better place. */
function isFocusTaken(): boolean {
  const focused = document.activeElement;
  return focused !== null && focused !== document.body && !focused.matches('h1');
}
