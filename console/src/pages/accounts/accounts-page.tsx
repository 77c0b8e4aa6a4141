import type { ReactElement } from 'react';
import { Page } from '../../components/page.tsx';
import { texts } from '../../texts.ts';

export function AccountsPage(): ReactElement {
  return <Page title={texts.shell.accounts}>{null}</Page>;
}
