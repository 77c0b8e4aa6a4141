/** What the browser does not take: cookies are blocked for this site, or its place is full. It lasts as long as the page. */
const untaken = new Map<string, string | null>();

/** What is kept under this name in this browser; null: nothing. */
export function keptText(name: string): string | null {
  const text = untaken.get(name);
  if (text !== undefined) return text;
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param text null: nothing is kept under this name any more */
export function keepText(name: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(name);
    else localStorage.setItem(name, text);
    untaken.delete(name);
  } catch {
    untaken.set(name, text);
  }
}
