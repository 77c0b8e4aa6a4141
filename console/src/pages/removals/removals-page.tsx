import type { ReactElement } from 'react';
import { Page } from '../../components/page.tsx';
import { texts } from '../../texts.ts';

export function RemovalsPage(): ReactElement {
  return <Page title={texts.shell.removals}>{null}</Page>;
}
