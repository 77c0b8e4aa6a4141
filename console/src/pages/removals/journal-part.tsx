import { useInfiniteQuery } from '@tanstack/react-query';
import { BookOpen } from 'lucide-react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { get } from '../../api/client.ts';
import type { JournalEntry, JournalKind, JournalPage } from '../../api/types-removals.ts';
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

const words = texts.removals.journal;
type Shown = JournalKind | 'all';
const KINDS: readonly Shown[] = ['all', 'removed', 'held', 'restored', 'purged'];
const TONES: Readonly<Record<JournalKind, Tone>> = {
  removed: 'danger',
  held: 'warning',
  restored: 'ok',
  purged: 'neutral',
};
const PAGE_ENTRIES = 50;

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
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
      {hasNextPage ? <More isBusy={isFetchingNextPage} onMore={() => void fetchNextPage()} /> : null}
    </>
  );
}

function Entry({ entry }: { readonly entry: JournalEntry }): ReactElement {
  return (
    <li className="journal-entry">
      <ProviderMark provider={entry.provider} />
      <div className="stack-tight">
        <p className="journal-title">
          <Link href={itemHref(entry)}>{titleOf(entry)}</Link>
        </p>
        <p className="muted small">
          {providerName(entry.provider)} · {authorOf(entry)}
          {entry.at === null ? null : (
            <>
              {' · '}
              <Ago at={entry.at} />
            </>
          )}
        </p>
        {entry.reason === '' ? null : <p className="small">{sentence(entry.reason)}</p>}
        <Evidence evidence={entry.evidence} snapshotId={entry.snapshotId} />
      </div>
      <div>
        <Badge tone={TONES[entry.kind]}>{words.kinds[entry.kind]}</Badge>
      </div>
    </li>
  );
}

/** Asks for more when it comes into view; also a button, for who goes by the keyboard. */
function More({ isBusy, onMore }: { readonly isBusy: boolean; readonly onMore: () => void }): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (box.current === null || isBusy) return undefined;
    const observer = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) onMore();
    });
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
