import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { get, post } from '../../api/client.ts';
import type { Restore } from '../../api/types-operations.ts';
import { notify } from '../../components/notify.ts';
import { sentence } from '../../components/problem-note.tsx';
import { useAction } from '../../lib/use-action.ts';
import { texts } from '../../texts.ts';

const words = texts.settings.backups;
const POLL_MS = 1_000;

interface Restoring {
  readonly isRunning: boolean;
  readonly fromList: (name: string) => void;
  readonly fromFile: (file: File) => void;
}

/** Brings a backup back. The roles begin again meanwhile, so that nobody answers for some seconds: it is asked on and on. */
export function useRestore(onBegun: () => void): Restoring {
  const client = useQueryClient();
  const [id, setId] = useState<string | null>(null);
  const begun = { stale: [], onDone: (restore: Restore) => (setId(restore.id), onBegun()) };
  const fromList = useAction((name: string) => post<Restore>(`v1/backups/${encodeURIComponent(name)}/restore`), begun);
  const fromFile = useAction(
    (file: File) => post<Restore>('v1/restores', file, { query: { filename: file.name } }),
    begun,
  );
  const { data } = useQuery({
    queryKey: ['restore', id],
    queryFn: ({ signal }) => get<Restore>(`v1/restores/${encodeURIComponent(id ?? '')}`, { signal }),
    enabled: id !== null,
    retry: true,
    retryDelay: POLL_MS,
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === 'restarting' ? POLL_MS : false),
  });
  useEffect(() => {
    if (data === undefined || data.state === 'restarting') return;
    if (data.state === 'done') notify({ title: words.restored(data.items ?? 0) });
    else notify({ title: texts.failed, detail: sentence(data.detail ?? ''), isDanger: true });
    void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'restore' });
  }, [data, client]);
  const isWaiting = id !== null && (data === undefined || data.state === 'restarting');
  return {
    isRunning: isWaiting || fromList.isPending || fromFile.isPending,
    fromList: (name) => fromList.mutate(name),
    fromFile: (file) => fromFile.mutate(file),
  };
}
