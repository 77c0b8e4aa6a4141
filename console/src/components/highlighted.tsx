import type { ReactElement } from 'react';

/** Text in which the words of a query stand out. */
export function Highlighted({ text, query }: { readonly text: string; readonly query: string }): ReactElement {
  const words = wordsOfQuery(query);
  if (words.length === 0) return <>{text}</>;
  const pattern = new RegExp(`(${words.map(escaped).join('|')})`, 'giu');
  const parts = text.split(pattern);
  return (
    <>
      {parts.map((part, i) => {
        const key = `${i}:${part}`;
        // Every second part is what the group of the pattern caught.
        return i % 2 === 1 ? <mark key={key}>{part}</mark> : <span key={key}>{part}</span>;
      })}
    </>
  );
}

/** A letter alone would stand out everywhere. */
function wordsOfQuery(query: string): readonly string[] {
  return (query.match(/[\p{L}\p{N}]{2,}/gu) ?? []).slice(0, 12);
}

function escaped(word: string): string {
  return word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
