import { useEffect, useEffectEvent } from 'react';

/** By the name of the key: what it does. True where it did something, so that the browser does not too. */
export type Shortcuts = Readonly<Record<string, () => boolean | void>>;

const FIELDS = 'input, textarea, select, [contenteditable="true"]';
const DIALOGS = '[role="dialog"], [role="alertdialog"]';

/** Keys that work on the page as a whole: neither while something is typed nor while a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest(FIELDS) !== null) return;
    if (document.querySelector(DIALOGS) !== null) return;
    const act = shortcuts[event.key];
    if (act !== undefined && act() !== false) event.preventDefault();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => handle(event);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}
