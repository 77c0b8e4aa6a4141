import './page.css';
import { type ReactElement, type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { classNames } from '../lib/class-names.ts';
import { DIALOGS } from '../lib/dialogs.ts';
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

/** A page with its title. */
export function Page({ title, intro, actions, width = 'wide', children }: PageProps): ReactElement {
  const heading = usePageHeading(title);
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

/** What the console is opened with is read out by itself, and the keyboard begins at the first link there. */
let isFirst = true;

/**
 * For the heading of each page, with tabIndex -1: its title stands in the tab of the browser, and it gets the focus when the page is
 * entered from another one, so that it is read out. Not where something of the page has it already, as what was left before.
 */
export function usePageHeading(title: string): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title === texts.product ? title : `${title} · ${texts.product}`;
  }, [title]);
  useEffect(() => {
    const taker = document.activeElement?.closest(`main, ${DIALOGS}`) ?? null;
    if (!isFirst && taker === null) heading.current?.focus({ preventScroll: true });
    isFirst = false;
  }, []);
  return heading;
}
