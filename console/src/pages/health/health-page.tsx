import type { ReactElement } from 'react';
import { Page } from '../../components/page.tsx';
import { texts } from '../../texts.ts';

export function HealthPage(): ReactElement {
  return <Page title={texts.shell.health}>{null}</Page>;
}
