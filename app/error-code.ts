/** The code of a system error (`ENOENT`), or null. By its shape, since errors of other realms are no instances of Error here. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
