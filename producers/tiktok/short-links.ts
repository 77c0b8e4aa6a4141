import { HttpUnavailableError, type PoliteHttp } from '../polite-http.ts';
import { parseTikTokLink } from './link.ts';

const MAX_HOPS = 5;

export type ResolvedLink =
  | { readonly kind: 'video'; readonly itemId: string; readonly handle: string | null; readonly photo: boolean }
  | { readonly kind: 'unresolved'; readonly reason: string };

/**
 * Follows a short link (vm., vt., /t/) until it names a video, through TikTok's hosts alone. A code that is dead leads to
 * the home page (providers.md, section 3). Never rejects but with the signal's reason.
 */
export async function resolveShortLink(http: PoliteHttp, url: string, signal: AbortSignal): Promise<ResolvedLink> {
  let here = url;
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    const { reached, location } = await nextHop(http, here, signal);
    if (!reached) return { kind: 'unresolved', reason: 'short link could not be looked up' };
    if (location === null) break;
    const link = parseTikTokLink(location);
    if (link.kind === 'video') return link;
    if (link.kind === 'unreadable') break;
    here = link.url;
  }
  return { kind: 'unresolved', reason: 'short link leads to no video' };
}

async function nextHop(
  http: PoliteHttp,
  url: string,
  signal: AbortSignal,
): Promise<{ reached: boolean; location: string | null }> {
  try {
    const { status, location } = await http.get(url, signal);
    const redirected = status >= 300 && status < 400 && location !== null && URL.canParse(location, url);
    return { reached: true, location: redirected ? new URL(location, url).href : null };
  } catch (error) {
    if (error instanceof HttpUnavailableError) return { reached: false, location: null };
    throw error;
  }
}
