import type { ReactElement } from 'react';
import { Page } from '../../components/page.tsx';
import { texts } from '../../texts.ts';

export function SettingsPage(): ReactElement {
  return <Page title={texts.shell.settings}>{null}</Page>;
}
