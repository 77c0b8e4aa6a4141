import type { ReactElement } from 'react';
import { useOverview } from '../api/queries.ts';
import { CollectionPage } from './collection/collection-page.tsx';
import { WelcomePage } from './welcome/welcome-page.tsx';

/** The collection; on an installation that holds nothing yet, how to begin. */
export function HomePage(): ReactElement {
  const { data: overview } = useOverview();
  return overview?.isEmpty === true ? <WelcomePage /> : <CollectionPage />;
}
