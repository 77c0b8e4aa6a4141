import type { ReactElement } from 'react';
import { Skeleton, SkeletonText } from '../components/skeleton.tsx';
import { texts } from '../texts.ts';

/** What is shown while the code of a page is fetched. */
export function PagePlaceholder(): ReactElement {
  return (
    <div className="page page-wide" aria-busy="true">
      <span className="visually-hidden">{texts.loading}</span>
      <Skeleton width="12rem" height="2rem" />
      <SkeletonText lines={4} />
    </div>
  );
}
