import '../../components/check-field.css';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactElement, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ItemName } from '../../api/types.ts';
import { titleOf } from '../../components/item-row.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { itemHref } from '../../lib/item-address.ts';
import { texts } from '../../texts.ts';

/** An item that can be ticked. */
export interface Choice extends ItemName {
  readonly title: string | null;
  readonly url: string | null;
  /** a line below the title */
  readonly meta: ReactNode;
  /** a line below that */
  readonly note?: string | null;
}

interface ChoicesProps {
  /** what is listed; read out */
  readonly label: string;
  readonly count: number;
  /** undefined while it is on its way */
  readonly choiceAt: (index: number) => Choice | undefined;
  readonly isChosen: (choice: Choice) => boolean;
  readonly onChoose: (choice: Choice, isChosen: boolean) => void;
  readonly onRange?: (first: number, last: number) => void;
  /** choices may have a note: the rows are higher */
  readonly hasNotes?: boolean;
}

const ROW_REM = 4.75;
const ROW_WITH_NOTE_REM = 7;
const OVERSCAN_ROWS = 8;

/** A list of any length whose entries can be ticked: only what is near the view is there. */
export function Choices(props: ChoicesProps): ReactElement {
  const { label, count, choiceAt, isChosen, onChoose, onRange, hasNotes = false } = props;
  const rowRem = hasNotes ? ROW_WITH_NOTE_REM : ROW_REM;
  const box = useRef<HTMLUListElement>(null);
  const { top, remPx } = usePlace(box);
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => rowRem * remPx,
    overscan: OVERSCAN_ROWS,
    scrollMargin: top,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, remPx]);
  const shown = virtualizer.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => onRange?.(first, last), [onRange, first, last]);
  return (
    <ul ref={box} className="choices" aria-label={label} style={{ height: virtualizer.getTotalSize() }}>
      {shown.map((row) => {
        const choice = choiceAt(row.index);
        return (
          <li
            key={row.index}
            className="choice"
            aria-setsize={count}
            aria-posinset={row.index + 1}
            style={{ transform: `translateY(${row.start - top}px)`, height: row.size }}
          >
            {choice === undefined ? (
              <Skeleton width="60%" />
            ) : (
              <Entry choice={choice} isChosen={isChosen(choice)} onChoose={onChoose} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

interface EntryProps extends Pick<ChoicesProps, 'onChoose'> {
  readonly choice: Choice;
  readonly isChosen: boolean;
}

function Entry({ choice, isChosen, onChoose }: EntryProps): ReactElement {
  const title = titleOf(choice);
  return (
    <>
      <label className="choice-tick">
        <input
          type="checkbox"
          className="check"
          checked={isChosen}
          onChange={(event) => onChoose(choice, event.target.checked)}
        />
        <span className="visually-hidden">{texts.removals.choose(title)}</span>
      </label>
      <span className="choice-text">
        <Link href={itemHref(choice)}>{title}</Link>
        <span className="muted small truncate">{choice.meta}</span>
        {choice.note === undefined || choice.note === null ? null : (
          <span className="choice-note small" title={choice.note}>
            {choice.note}
          </span>
        )}
      </span>
    </>
  );
}

/** Where the list begins in the page, and how large a rem is; again whenever its surroundings change. */
function usePlace(box: React.RefObject<HTMLUListElement | null>): { readonly top: number; readonly remPx: number } {
  const [place, setPlace] = useState({ top: 0, remPx: 16 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const remPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const top = Math.round(element.getBoundingClientRect().top + window.scrollY);
      setPlace((before) => (before.top === top && before.remPx === remPx ? before : { top, remPx }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [box]);
  return place;
}
