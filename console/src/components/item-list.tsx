import './item-list.css';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type MouseEvent,
  type ReactElement,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { useShortcuts } from '../lib/use-shortcuts.ts';
import { ItemCard, ItemPlaceholder, ItemRow, type ListedItem } from './item-row.tsx';
import { useListFocus } from './use-list-focus.ts';

export interface ItemListHandle {
  /** as when the reader goes from the search into what was found */
  focusFirst(): void;
}

interface ItemListProps {
  readonly ref?: Ref<ItemListHandle>;
  /** what is listed; read out */
  readonly label: string;
  /** of the page that shows it, which the reader comes back to */
  readonly address: string;
  readonly count: number;
  /** undefined while it is on its way */
  readonly itemAt: (index: number) => ListedItem | undefined;
  readonly view: 'list' | 'grid';
  readonly query?: string;
  /** which items are near the view */
  readonly onRange?: (first: number, last: number) => void;
}

const ROW_REM = 5.25;
const CARD_REM = 15.5;
const CARD_MIN_REM = 10.25;
const GAP_REM = 0.75;
const OVERSCAN_ROWS = 6;

/** A list of any length: only what is near the view is there. j, k and the arrows move, Enter opens. */
export function ItemList({ ref, label, address, count, itemAt, view, query, onRange }: ItemListProps): ReactElement {
  const box = useRef<HTMLUListElement>(null);
  const { columns, top, remPx } = useLayout(box, view);
  const rows = Math.ceil(count / columns);
  const virtualizer = useWindowVirtualizer({
    count: rows,
    estimateSize: () => (view === 'grid' ? CARD_REM + GAP_REM : ROW_REM) * remPx,
    overscan: OVERSCAN_ROWS,
    scrollMargin: top,
  });
  const shown = virtualizer.getVirtualItems();
  const first = (shown[0]?.index ?? 0) * columns;
  const last = Math.max(first, ((shown.at(-1)?.index ?? 0) + 1) * columns - 1);
  useEffect(() => onRange?.(first, last), [onRange, first, last]);
  // The size of a row depends on both.
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, view, remPx]);
  const scrollTo = (index: number): void => virtualizer.scrollToIndex(Math.floor(index / columns));
  const focus = useListFocus(box, { address, count, scrollTo });
  useImperativeHandle(ref, () => ({ focusFirst: () => focus.to(0) }), [focus]);
  useShortcuts({
    j: () => focus.by(1),
    k: () => focus.by(-1),
    ArrowDown: () => focus.by(columns),
    ArrowUp: () => focus.by(-columns),
    ...(columns > 1 ? { ArrowRight: () => focus.by(1), ArrowLeft: () => focus.by(-1) } : {}),
  });
  return (
    <ul ref={box} className="item-list" aria-label={label} style={{ height: virtualizer.getTotalSize() }}>
      {shown.flatMap((row) =>
        Array.from({ length: Math.min(columns, count - row.index * columns) }, (_, column) => {
          const index = row.index * columns + column;
          const item = itemAt(index);
          return (
            <li
              key={index}
              className="item-list-entry"
              data-index={index}
              aria-setsize={count}
              aria-posinset={index + 1}
              style={{
                transform: `translateY(${row.start - top}px)`,
                height: row.size - (view === 'grid' ? GAP_REM * remPx : 0),
                width: `calc((100% - ${(columns - 1) * GAP_REM}rem) / ${columns})`,
                left: `calc(${column} * ((100% - ${(columns - 1) * GAP_REM}rem) / ${columns} + ${GAP_REM}rem))`,
              }}
            >
              <Entry item={item} view={view} query={query ?? ''} onOpen={focus.onOpen} />
            </li>
          );
        }),
      )}
    </ul>
  );
}

interface EntryProps {
  readonly item: ListedItem | undefined;
  readonly view: 'list' | 'grid';
  readonly query: string;
  readonly onOpen: (event: MouseEvent<HTMLElement>) => void;
}

function Entry({ item, view, query, onOpen }: EntryProps): ReactElement {
  if (item === undefined) return <ItemPlaceholder isCard={view === 'grid'} />;
  const Shown = view === 'grid' ? ItemCard : ItemRow;
  return <Shown item={item} query={query} onOpen={onOpen} />;
}

interface Layout {
  readonly columns: number;
  /** of the list in the page, px */
  readonly top: number;
  readonly remPx: number;
}

/** How many cards stand beside each other, and where the list begins; again whenever its surroundings change. */
function useLayout(box: React.RefObject<HTMLUListElement | null>, view: 'list' | 'grid'): Layout {
  const [layout, setLayout] = useState<Layout>({ columns: 1, top: 0, remPx: 16 });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => {
      const remPx = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const fitting = Math.floor((element.clientWidth / remPx + GAP_REM) / (CARD_MIN_REM + GAP_REM));
      const columns = view === 'grid' ? Math.max(1, fitting) : 1;
      const top = Math.round(element.getBoundingClientRect().top + window.scrollY);
      setLayout((last) =>
        last.columns === columns && last.top === top && last.remPx === remPx ? last : { columns, top, remPx },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    if (element.parentElement !== null) observer.observe(element.parentElement);
    return () => observer.disconnect();
  }, [box, view]);
  return layout;
}
