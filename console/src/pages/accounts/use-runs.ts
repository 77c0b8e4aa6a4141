import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useEvents } from '../../api/events.ts';
import type { SyncRun } from '../../api/types-accounts.ts';

/** The latest sync of each account, by `provider/user`, as the stream of events tells of it; what it caused is part of it. */
export function useRuns(): ReadonlyMap<string, SyncRun> {
  const [runs, setRuns] = useState<ReadonlyMap<string, SyncRun>>(new Map());
  const client = useQueryClient();
  useEvents('sync', (data) => {
    const run = data as unknown as SyncRun;
    if (run.causedBy === null) setRuns((before) => new Map(before).set(`${run.provider}/${run.user}`, run));
    if (run.status !== 'running') void client.invalidateQueries({ queryKey: ['accounts'] });
  });
  return runs;
}
