import { useEffect, useEffectEvent } from 'react';
import { DIALOGS } from './dialogs.ts';
import { isOfInputMethod } from './input-method.ts';
import { keptChoice, useKeptChoice } from './kept-choice.ts';

/** By the name of the key: what it does. True where it did something, so that the browser does not too. */
export type Shortcuts = Readonly<Record<string, () => boolean | void>>;

const FIELDS = 'input, textarea, select, [contenteditable="true"]';

/** Whoever speaks to the machine, or hits keys by mistake, can turn off the keys that are a character alone (WCAG 2.1.4). */
const characterKeys = keptChoice<'on' | 'off'>('hoardarr.character-keys', 'on', ['off']);

export function turnCharacterKeys(isOn: boolean): void {
  characterKeys.choose(isOn ? 'on' : 'off');
}

export function useCharacterKeys(): boolean {
  return useKeptChoice(characterKeys) === 'on';
}

/** Keys that work on the page as a whole: neither while something is typed nor while a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isOfInputMethod(event)) return;
    if (event.key.length === 1 && characterKeys.read() === 'off') return;
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
