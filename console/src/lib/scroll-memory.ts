import { useEffect, useLayoutEffect, useRef } from 'react';

/** An item that was opened from a list. */
export interface OpenedItem {
  /** in the list, as it was then */
  readonly index: number;
  readonly href: string;
}

const places = new Map<string, number>();
const opened = new Map<string, OpenedItem>();
let cameBack = false;
/** How often one can go back without leaving the console; at least, since browsers do not tell 'forward' from 'back'. */
let stepsInside = 0;

/** Where a page was scrolled to is our matter: the browser restores it before a list is as long as it was. */
export function followHistory(): void {
  history.scrollRestoration = 'manual';
  window.addEventListener('popstate', () => {
    cameBack = true;
    stepsInside = Math.max(0, stepsInside - 1);
  });
  // wouter tells of these under the names of the functions.
  for (const name of ['pushState', 'replaceState'])
    window.addEventListener(name, () => {
      cameBack = false;
      if (name === 'pushState') stepsInside += 1;
    });
}

/** The page was come to from another one of the console, which 'back' leads to. */
export function cameFromInside(): boolean {
  return stepsInside > 0;
}

/** A page that is entered anew begins at its top. */
export function useTopOfPage(path: string): void {
  const entered = useRef(path);
  useEffect(() => {
    if (entered.current === path) return;
    entered.current = path;
    if (!cameBack) window.scrollTo(0, 0);
  }, [path]);
}

/** Goes back to where the list was scrolled to when the reader comes back to it. `isReady`: it is as long as it was. */
export function useScrollMemory(address: string, isReady: boolean): void {
  const isRestored = useRef(false);
  useLayoutEffect(() => {
    if (!isReady || isRestored.current) return;
    isRestored.current = true;
    const place = places.get(address);
    if (cameBack && place !== undefined) window.scrollTo(0, place);
  }, [address, isReady]);
  useLayoutEffect(
    () => () => {
      places.set(address, window.scrollY);
    },
    [address],
  );
}

/** The list at this address is left for one of its items. */
export function rememberOpened(address: string, item: OpenedItem): void {
  opened.set(address, item);
}

/** The item that the reader comes back from, told once; null for who enters the list anew. */
export function takeOpened(address: string): OpenedItem | null {
  const item = opened.get(address) ?? null;
  opened.delete(address);
  return cameBack ? item : null;
}
