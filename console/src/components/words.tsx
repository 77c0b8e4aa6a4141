import type { ReactElement } from 'react';

/** A sentence in which commands and names stand between backticks, as the server writes them too. */
export function Words({ text }: { readonly text: string }): ReactElement {
  return (
    <>
      {text.split('`').map((part, i) => {
        const key = `${i}:${part}`;
        return i % 2 === 1 ? <code key={key}>{part}</code> : <span key={key}>{part}</span>;
      })}
    </>
  );
}
