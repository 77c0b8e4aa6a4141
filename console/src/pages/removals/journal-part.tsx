import { useInfiniteQuery } from '@tanstack/react-query';
import { BookOpen } from 'lucide-react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { get } from '../../api/client.ts';
import type { JournalKind, JournalPage } from '../../api/types-removals.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { titleOf } from '../../components/item-row.tsx';
import { ProblemNote, sentence } from '../../components/problem-note.tsx';
import { ProviderMark, providerName } from '../../components/provider-mark.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { Ago } from '../../components/time.tsx';
import { itemHref } from '../../lib/item-address.ts';
import { texts } from '../../texts.ts';
import { authorOf } from '../item/history-words.ts';
import { Evidence } from './evidence.tsx';
import { type JournalGroup, reasonWords, together } from './journal-groups.ts';

const words = texts.removals.journal;
/** Below the view, so that it is there when it is scrolled to. */
const AHEAD = '0px 0px 800px';
type Shown = JournalKind | 'all';
const KINDS: readonly Shown[] = ['all', 'removed', 'held', 'restored', 'purged'];
const TONES: Readonly<Record<JournalKind, Tone>> = {
  removed: 'danger',
  held: 'warning',
  restored: 'ok',
  purged: 'neutral',
};
const PAGE_ENTRIES = 200;
/** A decision about more than so many is not read to its end by itself. */
const MOST_BY_THEMSELVES = 2_000;

/** Everything that was removed and why, and what came back: the newest first. */
export function JournalPart(): ReactElement {
  const [kind, setKind] = useState<Shown>('all');
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['journal', kind],
    queryFn: ({ pageParam, signal }) =>
      get<JournalPage>('v1/journal', {
        query: { kind: kind === 'all' ? '' : kind, after: pageParam, limit: PAGE_ENTRIES },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  });
  const entries = data?.pages.flatMap((page) => page.entries);
  const groups = together(entries ?? []);
  const isLong = (groups.at(-1)?.length ?? 0) > MOST_BY_THEMSELVES;
  // How many the last decision is about is known when another one follows it.
  const shown = hasNextPage && !isLong ? groups.slice(0, -1) : groups;
  return (
    <>
      <Segmented
        label={words.kind}
        value={kind}
        options={KINDS.map((value) => ({ value, label: words.kinds[value] }))}
        onChange={setKind}
      />
      {error === null ? null : <ProblemNote error={error} onRetry={() => void refetch()} />}
      {entries === undefined ? (
        error === null && <SkeletonText lines={6} />
      ) : entries.length === 0 ? (
        <EmptyState icon={BookOpen} title={words.none.title}>
          <p>{words.none.text}</p>
        </EmptyState>
      ) : (
        <ol className="journal" aria-label={texts.removals.names.journal}>
          {shown.map((group, index) => (
            <Entry key={group[0].id} group={group} isWhole={!hasNextPage || index < groups.length - 1} />
          ))}
        </ol>
      )}
      {hasNextPage ? <More isBusy={isFetchingNextPage} byItself={!isLong} onMore={() => void fetchNextPage()} /> : null}
    </>
  );
}

interface EntryProps {
  readonly group: JournalGroup;
  /** false: there are more of it than are known here */
  readonly isWhole: boolean;
}

/** What one decision did to many items is told once. */
function Entry({ group, isWhole }: EntryProps): ReactElement {
  const [entry] = group;
  const provider = providerName(entry.provider);
  const reason = reasonWords(entry.reason);
  return (
    <li className="journal-entry">
      <ProviderMark provider={entry.provider} />
      <div className="stack-tight">
        <p className="journal-title">
          {group.length === 1 ? (
            <Link href={itemHref(entry)}>{titleOf(entry)}</Link>
          ) : (
            words.many(group.length, isWhole, provider, entry.collection)
          )}
        </p>
        <p className="muted small">
          {group.length === 1 ? `${provider} · ` : null}
          {authorOf(entry)}
          {entry.at === null ? null : (
            <>
              {' · '}
              <Ago at={entry.at} />
            </>
          )}
        </p>
        {reason === '' ? null : <p className="small">{sentence(reason)}</p>}
        {group.length === 1 ? null : <Members group={group} />}
        <Evidence evidence={entry.evidence} snapshotId={entry.snapshotId} />
      </div>
      <div>
        <Badge tone={TONES[entry.kind]}>{words.kinds[entry.kind]}</Badge>
      </div>
    </li>
  );
}

/** The items of a group, on demand. */
function Members({ group }: { readonly group: JournalGroup }): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="evidence" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.which}</summary>
      {isOpen ? (
        <ul className="journal-members" aria-label={words.which}>
          {group.map((entry) => (
            <li key={entry.id}>
              <Link href={itemHref(entry)}>{titleOf(entry)}</Link>
            </li>
          ))}
        </ul>
      ) : null}
    </details>
  );
}

interface MoreProps {
  readonly isBusy: boolean;
  readonly byItself: boolean;
  readonly onMore: () => void;
}

/** Asks for more when it comes into view; also a button, for who goes by the keyboard. */
function More({ isBusy, byItself, onMore }: MoreProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (box.current === null || isBusy || !byItself) return undefined;
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some(({ isIntersecting }) => isIntersecting)) onMore();
      },
      { rootMargin: AHEAD },
    );
    observer.observe(box.current);
    return () => observer.disconnect();
  });
  return (
    <div ref={box}>
      <Button isBusy={isBusy} onClick={onMore}>
        {words.more}
      </Button>
    </div>
  );
}
