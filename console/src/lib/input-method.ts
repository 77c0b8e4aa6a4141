const IN_PROCESS = 229;

/**
 * The key belongs to an input method, with which Japanese or Chinese is typed: Enter takes what it offers, and Escape lets that be.
 * Safari tells so of the last key by its code alone.
 */
export function isOfInputMethod({ isComposing, keyCode }: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  return isComposing || keyCode === IN_PROCESS;
}
