import { keptChoice, useKeptChoice } from './kept-choice.ts';

export type Theme = 'system' | 'light' | 'dark';

/** As in public/theme.js, which sets it before the first paint. */
const choice = keptChoice<Theme>('hoardarr.theme', 'system', ['light', 'dark']);

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
  choice.choose(theme);
}

export function useTheme(): Theme {
  return useKeptChoice(choice);
}
