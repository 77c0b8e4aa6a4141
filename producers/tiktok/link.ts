/** What a link of an export leads to. */
export type TikTokLink =
  | { readonly kind: 'video'; readonly itemId: string; readonly handle: string | null; readonly photo: boolean }
  /** says nothing by itself: only TikTok knows where it leads */
  | { readonly kind: 'short'; readonly url: string }
  | { readonly kind: 'unreadable'; readonly reason: string };

const HOST = /^(?:[a-z0-9-]+\.)*(?:tiktok\.com|tiktokv\.(?:com|us|eu))$/;
const SHORT_HOST = /^v[mt]\.tiktok\.com$/;
const MAX_LINK_LENGTH = 2048;

/** Path forms of providers.md, section 3; the id is always the last number. */
const VIDEO_PATHS = [
  /^\/(?:@(?<handle>[^/]*)\/|share\/|i18n\/share\/)?(?<type>video|photo)\/(?<id>\d+)\/?$/,
  /^\/v\/(?<id>\d+)(?:\.html)?\/?$/,
  /^\/embed(?:\/v\d)?\/(?<id>\d+)\/?$/,
];
const SHORT_PATH = /^\/(?:t\/)?[A-Za-z0-9_-]{4,32}\/?$/;
/** an unsigned 64-bit number has at most 20 digits */
const ITEM_ID = /^[1-9]\d{0,19}$/;

/** Reads a link without asking anybody. Identity is the numeric id, as text: it exceeds 2^53. */
export function parseTikTokLink(text: string): TikTokLink {
  const trimmed = text.trim();
  if (trimmed === '') return unreadable('no link');
  if (trimmed.length > MAX_LINK_LENGTH) return unreadable('link is too long');
  const url = parseUrl(withScheme(trimmed));
  if (url === null || !/^https?:$/.test(url.protocol)) return unreadable('not a web link');
  // `https://www.tiktok.com@elsewhere/` and a port of its own are how a link pretends to be TikTok's.
  if (!HOST.test(url.hostname) || url.username !== '' || url.port !== '') return unreadable('not a link to TikTok');
  const path = url.pathname.replace(/\/{2,}/g, '/');
  for (const form of VIDEO_PATHS) {
    const found = form.exec(path)?.groups;
    if (found !== undefined) return asVideo(found);
  }
  if (SHORT_HOST.test(url.hostname) ? SHORT_PATH.test(path) : path.startsWith('/t/') && SHORT_PATH.test(path)) {
    return { kind: 'short', url: `https://${url.hostname}${path}` };
  }
  return unreadable('link does not name a video');
}

/** Where a person finds the item. TikTok ignores the handle, so that an unknown one may be left out. */
export function videoUrl(itemId: string, handle: string | null = null, photo = false): string {
  return `https://www.tiktok.com/@${handle ?? ''}/${photo ? 'photo' : 'video'}/${itemId}`;
}

function asVideo({ id = '', handle, type }: Record<string, string | undefined>): TikTokLink {
  if (!ITEM_ID.test(id)) return unreadable('id in the link is not a number of TikTok');
  const named = handle !== undefined && /^[\w.%-]{1,128}$/.test(handle) ? handle : null;
  return { kind: 'video', itemId: id, handle: named, photo: type === 'photo' };
}

/** URL.parse came with Node 22. */
function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

function withScheme(text: string): string {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text.replace(/^\/\//, '')}`;
}

function unreadable(reason: string): TikTokLink {
  return { kind: 'unreadable', reason };
}
