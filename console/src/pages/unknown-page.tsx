import { Compass } from 'lucide-react';
import type { ReactElement } from 'react';
import { ButtonLink } from '../components/button.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { useTitle } from '../components/page.tsx';
import { texts } from '../texts.ts';

/** The address leads nowhere. */
export function UnknownPage(): ReactElement {
  const { title, text, action } = texts.unknownPage;
  useTitle(title);
  return (
    <EmptyState icon={Compass} title={title} actions={<ButtonLink href="/">{action}</ButtonLink>}>
      {text}
    </EmptyState>
  );
}
