import '../../components/entries.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect, useRef } from 'react';
import { get, post } from '../../api/client.ts';
import type { DeadLetter, DeadLetters } from '../../api/types-operations.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { notify } from '../../components/notify.ts';
import { ProblemNote, sentence } from '../../components/problem-note.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { Ago } from '../../components/time.tsx';
import { useAction } from '../../lib/use-action.ts';
import { texts } from '../../texts.ts';

const words = texts.health.deadLetters;
const REFRESH_MS = 10_000;
const MOST_SHOWN = 100;

/** Records that no stage could take: why, and a way to have them taken anew. `told`: how many the stages tell of, as far as known. */
export function DeadLettersCard({ told }: { readonly told: number | undefined }): ReactElement {
  const { data, error, refetch } = useQuery({
    queryKey: ['dead-letters'],
    queryFn: ({ signal }) => get<DeadLetters>('v1/dead-letters', { signal }),
    refetchInterval: REFRESH_MS,
  });
  const redrive = useAction(
    (ids: readonly string[] | null) => post<Redriven>('v1/dead-letters/redrive', ids === null ? {} : { ids }),
    {
      done: ({ redriven }) => (redriven === 0 ? null : words.done(redriven)),
      stale: ['dead-letters', 'pipeline'],
      onDone: tellSkipped,
    },
  );
  const records = data?.records ?? [];
  const total = data?.total ?? records.length;
  const client = useQueryClient();
  const heard = useRef<number>(undefined);
  useEffect(() => {
    if (told === undefined || told === heard.current) return;
    heard.current = told;
    if (told !== total) void client.invalidateQueries({ queryKey: ['dead-letters'] });
  }, [told, total, client]);
  return (
    <Card
      title={words.title}
      actions={
        total === 0 ? undefined : (
          <Button isBusy={redrive.isPending} onClick={() => redrive.mutate(null)}>
            {words.redriveAll(total)}
          </Button>
        )
      }
    >
      {error === null ? null : <ProblemNote error={error} onRetry={() => void refetch()} />}
      {data === undefined ? (
        error === null && <SkeletonText lines={2} />
      ) : total === 0 ? (
        <p className="muted">{words.none}</p>
      ) : (
        <ul className="entries" aria-label={words.title}>
          {records.slice(0, MOST_SHOWN).map((record) => (
            <Letter
              key={record.id}
              record={record}
              isBusy={redrive.isPending}
              onRedrive={() => redrive.mutate([record.id])}
            />
          ))}
        </ul>
      )}
      {total > MOST_SHOWN ? <p className="muted small">{words.more(total - MOST_SHOWN)}</p> : null}
    </Card>
  );
}

interface Redriven {
  readonly redriven: number;
  readonly skipped: readonly { readonly reason: string }[];
}

/** Each reason once: there may be many records. */
function tellSkipped({ skipped }: Redriven): void {
  if (skipped.length === 0) return;
  const reasons = [...new Set(skipped.map(({ reason }) => sentence(reason)))];
  notify({ title: words.skipped(skipped.length), detail: reasons.join(' '), isDanger: true });
}

interface LetterProps {
  readonly record: DeadLetter;
  readonly isBusy: boolean;
  readonly onRedrive: () => void;
}

function Letter({ record, isBusy, onRedrive }: LetterProps): ReactElement {
  return (
    <li className="entry">
      <div className="stack-tight">
        <p>{sentence(record.reason)}</p>
        <p className="muted small">
          {words.where(record.stage, record.topic, record.partition, record.offset)}
          {record.at === null ? null : (
            <>
              {' · '}
              <Ago at={record.at} />
            </>
          )}
        </p>
      </div>
      <Button isBusy={isBusy} onClick={onRedrive}>
        {words.redrive}
      </Button>
    </li>
  );
}
