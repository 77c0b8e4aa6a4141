import '../../components/entries.css';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { api, get, post } from '../../api/client.ts';
import type { NotificationTargets } from '../../api/types-operations.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { TextField } from '../../components/fields.tsx';
import { Note, ProblemNote, sentence } from '../../components/problem-note.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { useAction } from '../../lib/use-action.ts';
import { texts } from '../../texts.ts';

const words = texts.settings.notifications;

interface Tested {
  readonly ok: boolean;
  readonly detail: string;
}

/** Who is told of what waits for a person; addresses are secrets and are never shown again. */
export function NotificationsCard(): ReactElement {
  const { data, error, refetch } = useQuery({
    queryKey: ['notifications'],
    queryFn: ({ signal }) => get<NotificationTargets>('v1/notifications', { signal }),
  });
  const [url, setUrl] = useState('');
  const save = useAction(
    (urls: readonly string[]) => api<NotificationTargets>('PUT', 'v1/notifications', { body: { urls } }),
    { done: () => words.saved, stale: ['notifications'], onDone: () => setUrl('') },
  );
  const test = useAction(
    (target: string | null) => post<Tested>('v1/notifications/test', target === null ? {} : { url: target }),
    { stale: [] },
  );
  const ids = data?.targets.map(({ id }) => id) ?? [];
  const add = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate([...ids, url.trim()]);
  };
  return (
    <Card
      title={words.title}
      actions={
        ids.length === 0 ? undefined : (
          <Button isBusy={test.isPending} onClick={() => test.mutate(null)}>
            {words.test}
          </Button>
        )
      }
    >
      <p className="muted">{words.text}</p>
      {error === null ? null : <ProblemNote error={error} onRetry={() => void refetch()} />}
      {test.data === undefined ? null : (
        <Note tone={test.data.ok ? 'info' : 'danger'}>{sentence(test.data.detail)}</Note>
      )}
      {data?.fromEnvironment === true ? <Note>{words.fromEnvironment}</Note> : null}
      {data === undefined ? (
        error === null && <SkeletonText lines={2} />
      ) : (
        <Targets
          targets={data.targets}
          isFixed={data.fromEnvironment}
          isBusy={save.isPending}
          onRemove={(id) => save.mutate(ids.filter((each) => each !== id))}
        />
      )}
      {data === undefined || data.fromEnvironment ? null : (
        <form className="fields-row fields-row-hinted" onSubmit={add}>
          <TextField
            label={words.address}
            hint={words.addressHint}
            value={url}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setUrl(event.target.value)}
          />
          <Button type="submit" isBusy={save.isPending} disabled={url.trim() === ''}>
            {words.add}
          </Button>
        </form>
      )}
    </Card>
  );
}

interface TargetsProps {
  readonly targets: NotificationTargets['targets'];
  readonly isFixed: boolean;
  readonly isBusy: boolean;
  readonly onRemove: (id: string) => void;
}

function Targets({ targets, isFixed, isBusy, onRemove }: TargetsProps): ReactElement | null {
  if (targets.length === 0) return <p>{words.none}</p>;
  return (
    <ul className="entries" aria-label={words.title}>
      {targets.map(({ id, shown }) => (
        <li key={id} className="entry">
          <span>{shown}</span>
          {isFixed ? null : (
            <Button variant="quiet" isBusy={isBusy} onClick={() => onRemove(id)}>
              {words.remove}
              <span className="visually-hidden"> {shown}</span>
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
