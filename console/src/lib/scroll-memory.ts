import { useEffect, useLayoutEffect, useRef } from 'react';

const places = new Map<string, number>();
let cameBack = false;

/** Where a page was scrolled to is our matter: the browser restores it before a list is as long as it was. */
export function followHistory(): void {
  history.scrollRestoration = 'manual';
  window.addEventListener('popstate', () => {
    cameBack = true;
  });
  // wouter tells of these under the names of the functions.
  for (const name of ['pushState', 'replaceState'])
    window.addEventListener(name, () => {
      cameBack = false;
    });
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
