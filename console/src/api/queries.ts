import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { ApiProblem, get } from './client.ts';
import type { Overview, Session } from './types.ts';
import type { Account } from './types-accounts.ts';
import type { Pipeline } from './types-operations.ts';

interface Asked {
  readonly signal: AbortSignal;
}

/** What this installation is and holds. */
export function useOverview(): UseQueryResult<Overview> {
  return useQuery({ queryKey: ['overview'], queryFn: ({ signal }) => get<Overview>('v1/overview', { signal }) });
}

/** What has to be configured before an account can be connected this way: empty where it can; undefined while that is not known. */
export function useMissing(
  provider: string,
  way: Overview['connecting'][number]['way'],
): readonly string[] | undefined {
  return useOverview().data?.connecting.find((each) => each.provider === provider && each.way === way)?.missing;
}

/** The accounts, and a row for each of their collections. */
export const accountsQuery = {
  queryKey: ['accounts'],
  queryFn: async ({ signal }: Asked): Promise<readonly Account[]> =>
    (await get<{ readonly accounts: readonly Account[] }>('v1/accounts', { signal })).accounts,
} as const;

/** How the stages fare, and what they could not take. */
export const pipelineQuery = {
  queryKey: ['pipeline'],
  queryFn: ({ signal }: Asked) => get<Pipeline>('v1/pipeline', { signal }),
} as const;

const OPEN: Session = { isLoggedIn: true, methods: ['none'], user: null, needsSetup: false };

/** Who is logged in. A server that knows no sessions lets everybody in. */
export function useSession(): UseQueryResult<Session> {
  return useQuery({
    queryKey: ['session'],
    queryFn: ({ signal }) =>
      get<Session>('v1/session', { signal }).catch((error: unknown) => {
        if (error instanceof ApiProblem && error.status === 404) return OPEN;
        throw error;
      }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
