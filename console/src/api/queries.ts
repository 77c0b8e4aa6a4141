import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { ApiProblem, get } from './client.ts';
import type { Overview, Session } from './types.ts';

/** What this installation is and holds. */
export function useOverview(): UseQueryResult<Overview> {
  return useQuery({ queryKey: ['overview'], queryFn: ({ signal }) => get<Overview>('v1/overview', { signal }) });
}

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
