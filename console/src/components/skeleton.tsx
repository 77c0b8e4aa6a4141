import './skeleton.css';
import type { ReactElement } from 'react';

/** A place that will be filled, as wide and high as what comes (CSS lengths). */
export function Skeleton({ width = '100%', height = '1em' }: { width?: string; height?: string }): ReactElement {
  return <span className="skeleton" style={{ width, height }} aria-hidden="true" />;
}

const WIDTHS = ['92%', '78%', '85%', '60%'];

/** A paragraph that will come. */
export function SkeletonText({ lines = 3 }: { readonly lines?: number }): ReactElement {
  return (
    <span className="stack-tight" aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} width={WIDTHS[line % WIDTHS.length] ?? '80%'} />
      ))}
    </span>
  );
}
