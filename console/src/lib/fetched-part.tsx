import { type ComponentType, lazy, type ReactElement } from 'react';

/** How to forget that a part could not be fetched: React remembers it as long as the part is the same. */
const failed = new Set<() => void>();
const failedSheets = new Set<HTMLLinkElement>();

/** A part of the console whose code is fetched when it is first shown. Where that fails, a CrashGuard around it says so. */
export function fetchedPart<P extends object>(fetchPart: () => Promise<ComponentType<P>>): ComponentType<P> {
  const begin = (): ComponentType<P> =>
    lazy(async () => {
      try {
        await fetchSheetsAgain();
        return { default: await fetchPart() };
      } catch (error) {
        failed.add(() => {
          Part = begin();
        });
        throw error;
      }
    });
  let Part = begin();
  return function FetchedPart(props: P): ReactElement {
    return <Part {...props} />;
  };
}

/** What could not be fetched is, as soon as it is shown again. */
export function fetchFailedAgain(): void {
  for (const forget of failed) forget();
  failed.clear();
}

/** Remembers stylesheets that could not be fetched: Vite asks for each of them once. */
export function followFailedSheets(): void {
  const remember = ({ target }: Event): void => {
    if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') failedSheets.add(target);
  };
  // What happens to a resource is told to nobody above it but those who listen on the way down.
  document.addEventListener('error', remember, { capture: true });
}

/** Also resolves where they fail again: a page without its looks is better than none. */
async function fetchSheetsAgain(): Promise<void> {
  const again = [...failedSheets];
  failedSheets.clear();
  await Promise.all(
    again.map((link) => {
      const copy = link.cloneNode() as HTMLLinkElement;
      const isOver = new Promise((resolve) => {
        for (const name of ['load', 'error']) copy.addEventListener(name, resolve);
      });
      link.replaceWith(copy);
      return isOver;
    }),
  );
}
