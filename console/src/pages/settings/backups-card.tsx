import '../../components/entries.css';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { api, apiUrl, get, post } from '../../api/client.ts';
import type { Backup, Backups } from '../../api/types-operations.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/dialog.tsx';
import { Note, ProblemNote, sentence } from '../../components/problem-note.tsx';
import { SkeletonText } from '../../components/skeleton.tsx';
import { Ago } from '../../components/time.tsx';
import { formatBytes } from '../../lib/format.ts';
import { useAction } from '../../lib/use-action.ts';
import { texts } from '../../texts.ts';
import { BackupScheduleForm } from './backup-schedule-form.tsx';
import { RestoreUpload } from './restore-upload.tsx';
import { useRestore } from './use-restore.ts';

const words = texts.settings.backups;

/** Backups: now and by a schedule, and bringing one back. */
export function BackupsCard(): ReactElement {
  const { data, error, refetch } = useQuery({
    queryKey: ['backups'],
    queryFn: ({ signal }) => get<Backups>('v1/backups', { signal }),
  });
  const make = useAction((withKey: boolean) => post<Backup>('v1/backups', { withKey }), {
    done: ({ items }) => words.made(items),
    stale: ['backups'],
  });
  const [asked, setAsked] = useState<{ readonly what: 'restore' | 'remove'; readonly name: string } | null>(null);
  const remove = useAction((name: string) => api('DELETE', pathOf(name)), {
    done: () => words.removed,
    stale: ['backups'],
    onDone: () => setAsked(null),
  });
  const restore = useRestore(() => setAsked(null));
  if (error !== null && data === undefined) {
    return (
      <Card title={words.title}>
        <ProblemNote error={error} onRetry={() => void refetch()} />
      </Card>
    );
  }
  return (
    <Card
      title={words.title}
      actions={
        <Button
          variant="primary"
          isBusy={make.isPending}
          disabled={data?.scope?.covers === 'nothing'}
          onClick={() => make.mutate(false)}
        >
          {words.now}
        </Button>
      }
    >
      <p className="muted">{data?.scope === undefined ? words.text : sentence(data.scope.says)}</p>
      {restore.isRunning ? <Note>{words.restoring}</Note> : null}
      {data?.lastFailure === null || data?.lastFailure === undefined ? null : (
        <Note tone="danger">{sentence(words.lastFailure(data.lastFailure.error))}</Note>
      )}
      {data === undefined ? (
        <SkeletonText lines={3} />
      ) : (
        <>
          <BackupList backups={data.backups} isBusy={restore.isRunning} onAsk={setAsked} />
          <RestoreUpload isBusy={restore.isRunning} onRestore={restore.fromFile} />
          <BackupScheduleForm schedule={data.schedule} />
        </>
      )}
      <ConfirmDialog
        isOpen={asked !== null}
        title={asked === null ? '' : words[asked.what].title}
        action={words[asked?.what ?? 'restore'].label}
        isDanger
        isBusy={remove.isPending || restore.isRunning}
        onConfirm={() => {
          if (asked?.what === 'remove') remove.mutate(asked.name);
          if (asked?.what === 'restore') restore.fromList(asked.name);
        }}
        onCancel={() => setAsked(null)}
      >
        <p>{words[asked?.what ?? 'restore'].text}</p>
      </ConfirmDialog>
    </Card>
  );
}

interface BackupListProps {
  readonly backups: readonly Backup[];
  readonly isBusy: boolean;
  readonly onAsk: (asked: { readonly what: 'restore' | 'remove'; readonly name: string }) => void;
}

function BackupList({ backups, isBusy, onAsk }: BackupListProps): ReactElement {
  if (backups.length === 0) return <p>{words.none}</p>;
  return (
    <ul className="entries" aria-label={words.title}>
      {backups.map(({ name, bytes, items, createdAt, withKey, problem }) => (
        <li key={name} className="entry">
          <div className="stack-tight">
            <p>
              <Ago at={createdAt} /> {withKey ? <Badge tone="warning">{words.withKey}</Badge> : null}
            </p>
            <p className="muted small">
              {texts.items(items)} · {formatBytes(bytes)} · {name}
            </p>
            {typeof problem === 'string' ? <p className="small">{sentence(problem)}</p> : null}
          </div>
          <div className="row">
            <a className="button button-plain" href={apiUrl(pathOf(name))} download={name}>
              {words.download}
            </a>
            <Button disabled={isBusy || typeof problem === 'string'} onClick={() => onAsk({ what: 'restore', name })}>
              {words.restore.label}
            </Button>
            <Button variant="quiet" onClick={() => onAsk({ what: 'remove', name })}>
              {words.remove.label}
            </Button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function pathOf(name: string): string {
  return `v1/backups/${encodeURIComponent(name)}`;
}
