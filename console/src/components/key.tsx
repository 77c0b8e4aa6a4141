import './key.css';
import type { ReactElement } from 'react';

/** A key of the keyboard. */
export function Key({ name }: { readonly name: string }): ReactElement {
  return <kbd className="key">{name}</kbd>;
}
