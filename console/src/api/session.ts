import { api, apiUrl, post } from './client.ts';
import { onLoggedOut } from './logged-out.ts';
import { queryClient } from './query-client.ts';
import type { Session } from './types.ts';

/** Asks anew who is logged in as soon as an answer says that nobody is. */
export function followSession(): void {
  onLoggedOut(() => {
    const known = queryClient.getQueryData<Session>(['session']);
    if (known?.isLoggedIn !== false) void queryClient.invalidateQueries({ queryKey: ['session'] });
  });
}

/** ApiProblem where the password is wrong. */
export async function logIn(password: string): Promise<void> {
  await post('v1/session', { password });
  await queryClient.resetQueries();
}

/** What was shown is forgotten with it. */
export async function logOut(): Promise<void> {
  await api('DELETE', 'v1/session');
  queryClient.clear();
  globalThis.location.assign(apiUrl(''));
}
