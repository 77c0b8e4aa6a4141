import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useEffect, useState } from 'react';
import { get, post } from '../../api/client.ts';
import { useOverview } from '../../api/queries.ts';
import { queryClient } from '../../api/query-client.ts';
import type { Rebuild } from '../../api/types-operations.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card, Facts } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/fields.tsx';
import { Note, ProblemNote, sentence } from '../../components/problem-note.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { formatSeconds } from '../../lib/format.ts';
import { useAction } from '../../lib/use-action.ts';
import { texts } from '../../texts.ts';

const words = texts.health.rebuild;
const RUNNING_MS = 1_000;
const MODEL_VARIABLE = 'OPENAI_EMBEDDING_MODEL';

/** Makes the store anew from the log, and shows that nothing changed by it. */
export function RebuildCard(): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['rebuilds'],
    queryFn: async ({ signal }) =>
      (await get<{ readonly rebuilds: readonly Rebuild[] }>('v1/rebuilds', { signal })).rebuilds,
    refetchInterval: ({ state }) => (state.data?.[0]?.state === 'running' ? RUNNING_MS : false),
  });
  const embedder = useOverview().data?.embedder;
  const [model, setModel] = useState('');
  const isOther = model.trim() !== '' && model.trim() !== embedder?.model;
  const begin = useAction(() => post<Rebuild>('v1/rebuilds', isOther ? { model: model.trim() } : {}), {
    stale: ['rebuilds'],
    onDone: () => setOpen(false),
  });
  const latest = data?.[0];
  // The model that counts may be another one now.
  const ended = latest?.finishedAt ?? null;
  useEffect(() => {
    if (ended !== null) void queryClient.invalidateQueries({ queryKey: ['overview'] });
  }, [ended]);
  const open = (): void => {
    setModel(embedder?.model ?? '');
    setOpen(true);
  };
  return (
    <Card
      title={words.title}
      actions={
        <Button disabled={latest?.state === 'running'} onClick={open}>
          {words.action}
        </Button>
      }
    >
      <p className="muted">{words.text}</p>
      {error === null ? null : <ProblemNote error={error} onRetry={() => void refetch()} />}
      {latest === undefined ? null : <Latest rebuild={latest} />}
      <ConfirmDialog
        isOpen={isOpen}
        title={words.confirm.title}
        action={words.action}
        isBusy={begin.isPending}
        onConfirm={() => begin.mutate()}
        onCancel={() => setOpen(false)}
      >
        <p>{words.confirm.text}</p>
        {embedder?.hasModels === true ? (
          <TextField
            label={words.model.label}
            hint={`${words.model.hint}${embedder.configuredModel === null ? '' : words.model.configured(MODEL_VARIABLE)}`}
            value={model}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setModel(event.currentTarget.value)}
          />
        ) : null}
      </ConfirmDialog>
    </Card>
  );
}

function Latest({ rebuild }: { readonly rebuild: Rebuild }): ReactElement {
  const { state, replayed, total, digestBefore, digestAfter, match, durationMs, embeddingCalls, warnings } = rebuild;
  if (state === 'running') {
    const text = words.progress(replayed, total);
    return (
      <div className="stack-tight">
        <p className="small">{text}</p>
        <ProgressBar label={words.title} value={replayed} max={total} valueText={text} />
      </div>
    );
  }
  if (state === 'failed') return <Note tone="danger">{sentence(rebuild.error ?? words.failed)}</Note>;
  return (
    <div className="stack-tight">
      <div>
        <Badge tone={match === false ? 'danger' : 'ok'}>
          {match === null ? words.notCompared : words.match(match)}
        </Badge>
      </div>
      <Facts
        facts={[
          [words.replayed, texts.count(replayed)],
          [words.before, <Digest key="before" value={digestBefore} />],
          [words.after, <Digest key="after" value={digestAfter} />],
          [words.embeddings, texts.count(embeddingCalls ?? 0)],
          [words.took, durationMs === null ? '' : formatSeconds(durationMs)],
        ]}
      />
      {(warnings ?? []).map((warning) => (
        <Note key={warning} tone="warning">
          {sentence(warning)}
        </Note>
      ))}
    </div>
  );
}

function Digest({ value }: { readonly value: string | null }): ReactElement {
  return <span className="digest">{value ?? '–'}</span>;
}
