import './page.css';
import { type ReactElement, type ReactNode, useEffect, useRef } from 'react';
import { classNames } from '../lib/class-names.ts';
import { texts } from '../texts.ts';

interface PageProps {
  readonly title: string;
  readonly intro?: ReactNode;
  /** buttons beside the title */
  readonly actions?: ReactNode;
  /** `wide` for lists, `narrow` for reading and forms */
  readonly width?: 'narrow' | 'wide';
  readonly children: ReactNode;
}

/** A page with its title; the title gets the focus when the page is entered, so that it is read out. */
export function Page({ title, intro, actions, width = 'wide', children }: PageProps): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body)
      heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={classNames('page', `page-${width}`)}>
      <header className="page-header">
        <div className="stack-tight">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {intro === undefined ? null : <p className="page-intro">{intro}</p>}
        </div>
        {actions === undefined ? null : <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Puts the title into the tab of the browser. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === texts.product ? title : `${title} · ${texts.product}`;
  }, [title]);
}
