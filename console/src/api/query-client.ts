import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './client.ts';

const STALE_AFTER_MS = 10_000;
const MAX_RETRIES = 2;

/** What pages have asked, shared by all of them. What the server refused is not asked again. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_AFTER_MS,
      retry: (failures, error) => {
        const isRefused = error instanceof ApiProblem && error.status >= 400 && error.status < 500;
        return !isRefused && failures < MAX_RETRIES;
      },
    },
  },
});
