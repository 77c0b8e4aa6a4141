import type { ReactElement } from 'react';
import { ButtonLink } from '../components/button.tsx';
import { Page } from '../components/page.tsx';
import { texts } from '../texts.ts';

/** The address leads nowhere. */
export function UnknownPage(): ReactElement {
  const { title, text, action } = texts.unknownPage;
  return (
    <Page title={title} intro={text} width="narrow">
      <div>
        <ButtonLink href="/">{action}</ButtonLink>
      </div>
    </Page>
  );
}
