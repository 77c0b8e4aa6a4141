import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useEvents, useStreamOpened } from '../../api/events.ts';
import type { SyncRun } from '../../api/types-accounts.ts';

/** The latest sync of each account, by `provider/user`, as the stream of events tells of it; what it caused is part of it. */
export function useRuns(): ReadonlyMap<string, SyncRun> {
  const [runs, setRuns] = useState<ReadonlyMap<string, SyncRun>>(new Map());
  const client = useQueryClient();
  const askAgain = (): void => void client.invalidateQueries({ queryKey: ['accounts'] });
  useStreamOpened(() => {
    // The end of a run may have been missed; those that are under way are told anew.
    setRuns(new Map());
    askAgain();
  });
  useEvents('sync', (data) => {
    const run = data as unknown as SyncRun;
    if (run.causedBy === null) setRuns((before) => new Map(before).set(`${run.provider}/${run.user}`, run));
    if (run.status !== 'running') askAgain();
  });
  return runs;
}
