import './collection-page.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { LayoutGrid, Library, List, SearchX } from 'lucide-react';
import { type ReactElement, useCallback, useRef, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { get } from '../../api/client.ts';
import { useOverview } from '../../api/queries.ts';
import type { SearchAnswer } from '../../api/types.ts';
import { useAnnounced } from '../../components/announcer.tsx';
import { Button, ButtonLink } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ItemList, type ItemListHandle } from '../../components/item-list.tsx';
import { ItemPlaceholder } from '../../components/item-row.tsx';
import { usePageHeading } from '../../components/page.tsx';
import { Note, ProblemNote } from '../../components/problem-note.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { keptChoice, useKeptChoice } from '../../lib/kept-choice.ts';
import { useScrollMemory } from '../../lib/scroll-memory.ts';
import { useDebounced } from '../../lib/use-debounced.ts';
import { useShortcuts } from '../../lib/use-shortcuts.ts';
import { texts } from '../../texts.ts';
import { FilterBar } from './filter-bar.tsx';
import { type Filters, isFiltered, readFilters, toQuery, writeFilters } from './filters.ts';
import { SearchBox } from './search-box.tsx';
import { useItemPages } from './use-item-pages.ts';

type View = 'list' | 'grid';

const VIEW = keptChoice<View>('hoardarr.view', 'list', ['grid']);
/** So long a pause in typing asks. Where the query itself goes to another machine, and may cost, less often. */
const DEBOUNCE_MS = 110;
const REMOTE_DEBOUNCE_MS = 450;
const FIRST_RESULTS = 50;
const MORE_RESULTS = 200;

/** Everything that was saved: to be looked through and searched. */
export function CollectionPage(): ReactElement {
  const [filters, setFilters] = useFilters();
  const view = useKeptChoice(VIEW);
  const list = useRef<ItemListHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const heading = usePageHeading(texts.collection.title);
  useShortcuts({
    '/': () => search.current?.focus(),
    Escape: () => {
      if (filters.q === '') return false;
      setFilters({ ...filters, q: '' });
      return true;
    },
  });
  return (
    <div className="page page-wide collection">
      <h1 ref={heading} tabIndex={-1} className="visually-hidden">
        {texts.collection.title}
      </h1>
      <div className="collection-bar">
        <div className="collection-search">
          <SearchBox
            ref={search}
            value={filters.q}
            onChange={(q) => setFilters({ ...filters, q })}
            onLeave={() => list.current?.focusFirst()}
          />
          <Segmented
            label={texts.collection.view}
            value={view}
            options={[
              { value: 'list', label: texts.collection.list, icon: List },
              { value: 'grid', label: texts.collection.grid, icon: LayoutGrid },
            ]}
            onChange={VIEW.choose}
          />
        </div>
        <FilterBar filters={filters} onChange={setFilters} />
      </div>
      {filters.q.trim() === '' ? (
        <Browse ref={list} filters={filters} view={view} onClear={() => setFilters(readFilters(''))} />
      ) : (
        <Found ref={list} filters={filters} view={view} onClear={() => setFilters(readFilters(''))} />
      )}
    </div>
  );
}

/** The filters of the address; a change replaces it, so that 'back' leaves the collection and not a letter. */
function useFilters(): readonly [Filters, (filters: Filters) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const change = useCallback(
    (filters: Filters) => {
      navigate(`/${writeFilters(filters)}`, { replace: true });
      window.scrollTo(0, 0);
    },
    [navigate],
  );
  return [readFilters(search), change];
}

interface ListingProps {
  readonly ref: React.RefObject<ItemListHandle | null>;
  readonly filters: Filters;
  readonly view: View;
  readonly onClear: () => void;
}

/** All of it, the newest saved first. */
function Browse({ ref, filters, view, onClear }: ListingProps): ReactElement {
  const [range, setRange] = useState({ first: 0, last: 0 });
  const { total, itemAt, error, retry } = useItemPages({ filters }, range.first, range.last, true);
  const onRange = useCallback((first: number, last: number) => setRange({ first, last }), []);
  const address = `/?${useSearch()}`;
  useScrollMemory(address, total !== null);
  useAnnounced(address, total === null ? null : texts.items(total));
  if (error !== null && total === null) return <ProblemNote error={error} onRetry={retry} />;
  if (total === null) return <Waiting view={view} />;
  if (total === 0) return <Nothing isFilteredOut={isFiltered(filters)} onClear={onClear} />;
  return (
    <>
      {error === null ? null : <ProblemNote error={error} onRetry={retry} />}
      <p className="collection-count muted small">{texts.items(total)}</p>
      <ItemList
        ref={ref}
        label={texts.collection.title}
        address={address}
        count={total}
        itemAt={itemAt}
        view={view}
        onRange={onRange}
      />
    </>
  );
}

/** What a search found, the best first. */
function Found({ ref, filters, view, onClear }: ListingProps): ReactElement {
  const { data: overview } = useOverview();
  const delayMs = overview?.embedder.isRemote === true ? REMOTE_DEBOUNCE_MS : DEBOUNCE_MS;
  const q = useDebounced(filters.q.trim(), delayMs);
  const [wanted, setWanted] = useState(FIRST_RESULTS);
  const query = { ...toQuery(filters), q: q === '' ? filters.q.trim() : q, limit: wanted };
  const { data, error, isPlaceholderData, refetch } = useQuery({
    queryKey: ['search', query],
    queryFn: ({ signal }) => get<SearchAnswer>('v1/search', { query, signal }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const address = `/?q=${query.q}`;
  useScrollMemory(address, data !== undefined);
  const count = data?.results.length ?? 0;
  const isKnown = data !== undefined && !isPlaceholderData;
  useAnnounced(JSON.stringify(query), isKnown ? texts.collection.found(count) : null);
  if (error !== null) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Waiting view={view} />;
  if (count === 0) return <Nothing isFilteredOut onClear={onClear} />;
  return (
    <>
      {data.mode === 'text' ? <Note>{texts.collection.wordsOnly}</Note> : null}
      <p className="collection-count muted small">{texts.collection.found(count)}</p>
      <ItemList
        ref={ref}
        label={texts.collection.results}
        address={address}
        count={count}
        itemAt={(index) => data.results[index]}
        view={view}
        query={query.q}
      />
      {count === FIRST_RESULTS && wanted === FIRST_RESULTS ? (
        <div className="row collection-more">
          <Button onClick={() => setWanted(MORE_RESULTS)}>{texts.collection.more}</Button>
        </div>
      ) : null}
      {count === MORE_RESULTS ? <p className="muted small">{texts.collection.most(count)}</p> : null}
    </>
  );
}

function Waiting({ view }: { readonly view: View }): ReactElement {
  return (
    <div className={view === 'grid' ? 'collection-waiting-grid' : undefined} aria-busy="true">
      <span className="visually-hidden">{texts.loading}</span>
      {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
        <ItemPlaceholder key={key} isCard={view === 'grid'} />
      ))}
    </div>
  );
}

function Nothing({ isFilteredOut, onClear }: { isFilteredOut: boolean; onClear: () => void }): ReactElement {
  const { nothing, empty } = texts.collection;
  if (isFilteredOut) {
    return (
      <EmptyState icon={SearchX} title={nothing.title} actions={<Button onClick={onClear}>{nothing.action}</Button>}>
        {nothing.text}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={Library}
      title={empty.title}
      actions={
        <ButtonLink href="/welcome" variant="primary">
          {empty.action}
        </ButtonLink>
      }
    >
      {empty.text}
    </EmptyState>
  );
}
