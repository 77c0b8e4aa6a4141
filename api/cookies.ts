export interface CookieScope {
  readonly path: string;
  /** only sent over https */
  readonly isSecure: boolean;
  /** `Lax` also comes along when a link elsewhere leads here */
  readonly sameSite: 'Strict' | 'Lax';
}

/** The first cookie of that name, which is the one of the narrowest path; null where there is none. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const part of (header ?? '').split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return null;
}

/**
 * A Set-Cookie header that no script can read.
 *
 * @param value of letters, digits, `-`, `_`, `.` alone; empty to remove the cookie
 * @param maxAgeMs how long the browser keeps it
 */
export function cookie(name: string, value: string, maxAgeMs: number, scope: CookieScope): string {
  const age = value === '' ? 0 : Math.floor(maxAgeMs / 1_000);
  const secure = scope.isSecure ? '; Secure' : '';
  return `${name}=${value}; Path=${scope.path}; Max-Age=${age}; HttpOnly; SameSite=${scope.sameSite}${secure}`;
}
