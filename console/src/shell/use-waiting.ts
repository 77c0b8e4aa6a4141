import { useQuery } from '@tanstack/react-query';
import { accountsQuery, pipelineQuery, useOverview, useSession } from '../api/queries.ts';
import { texts } from '../texts.ts';
import { isOver } from '../uploads/tracked-upload.ts';
import { useUploads } from '../uploads/upload-store.ts';

/** Something that is under way, or waits for its reader. */
export interface Waiting {
  readonly count: number;
  readonly words: string;
}

/** Their pages ask more often; elsewhere this is looked at when the reader comes back to the window. */
const FRESH_MS = 60_000;

/** What waits at the places of the navigation, by their address; a place where nothing does is not named. */
export function useWaiting(): ReadonlyMap<string, Waiting> {
  const { data: session } = useSession();
  const once = { enabled: session?.isLoggedIn === true, staleTime: FRESH_MS };
  const { data: overview } = useOverview();
  const { data: accounts } = useQuery({ ...accountsQuery, ...once });
  const { data: pipeline } = useQuery({ ...pipelineQuery, ...once });
  const underWay = useUploads().filter((upload) => !isOver(upload)).length;
  // An account has a row for each of its collections.
  const lost = new Set(
    accounts?.filter(({ needsReauth }) => needsReauth).map(({ provider, user }) => `${provider}/${user}`),
  );
  const deadLetters = pipeline?.stages.reduce((sum, stage) => sum + stage.deadLetters, 0) ?? 0;
  const counts = [
    ['/uploads', underWay, texts.shell.underWay],
    ['/accounts', lost.size, texts.shell.needReauth],
    ['/removals', overview?.totals.held ?? 0, texts.shell.held],
    ['/health', deadLetters, texts.shell.deadLetters],
  ] as const;
  return new Map(
    counts.flatMap(([href, count, say]) => (count === 0 ? [] : [[href, { count, words: say(count) }] as const])),
  );
}
