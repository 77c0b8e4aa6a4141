import { documentHash } from '../../core/document-hash.ts';
import { InputError } from '../../core/errors.ts';
import type { Provider, ProviderItem } from '../../core/ports/provider.ts';
import type { Document } from '../../schemas/generated/records.ts';
import { videoUrl } from './link.ts';
import type { OEmbed } from './oembed.ts';
import type { FavoriteDetails } from './parse/favorites.ts';

export const COLLECTION = 'favorites';

/** A favourite with what is known of it: from oEmbed, from the export itself, or nothing but its id. */
export interface TikTokVideo {
  readonly itemId: string;
  /** ms since the epoch */
  readonly savedAt: number | null;
  readonly details: FavoriteDetails | null;
  readonly oembed: OEmbed | null;
}

const NO_LISTING = 'TikTok offers no list of favourites to programs: import a newer export of your data';

/** TikTok: exports say what is saved, oEmbed says what it is, and nobody can be asked whether it still is saved. */
export const tiktokProvider: Provider<TikTokVideo> = {
  name: 'tiktok',
  collections: [COLLECTION],
  volatile: { thumbnail: true },
  itemId: ({ itemId }) => {
    if (!/^[1-9]\d{0,19}$/.test(itemId)) throw new InputError(`${JSON.stringify(itemId)} is no id of TikTok`);
    return itemId;
  },
  toDocument,
  vectorizationText,
  contentOf: (video) => (isFull(video) ? 'full' : 'stub'),
  connector: { notApplicable: NO_LISTING },
  fetchItems: { notApplicable: NO_LISTING },
  listIds: { notApplicable: NO_LISTING },
  recheck: { notApplicable: NO_LISTING },
};

function toDocument({ itemId, savedAt, details, oembed }: TikTokVideo): Document {
  if (oembed !== null) return { ...oembedDocument(itemId, oembed), savedAt };
  return {
    url: videoUrl(itemId, details?.handle, details?.photo),
    title: details?.title ?? null,
    author: details?.author ?? details?.handle ?? null,
    body: details?.body ?? null,
    savedAt,
    createdAt: null,
    thumbnailUrl: null,
    extra: hasText(details) ? JSON.stringify({ source: 'export' }) : '{}',
  };
}

function oembedDocument(itemId: string, oembed: OEmbed): Document {
  const handle = oembed.author_unique_id ?? null;
  const { author_url: authorUrl, embed_type: type } = oembed;
  return {
    url: videoUrl(itemId, handle !== null && /^[\w.]+$/.test(handle) ? handle : null),
    title: oembed.title.trim() || null,
    author: oembed.author_name?.trim() || handle,
    body: null,
    savedAt: null,
    createdAt: null,
    thumbnailUrl: webUrl(oembed.thumbnail_url),
    extra: JSON.stringify({ source: 'oembed', handle, authorUrl: webUrl(authorUrl), type: type ?? null }),
  };
}

/** The caption and what the export adds; who made it is found by words, and would only blur the meaning. */
function vectorizationText({ details, oembed }: TikTokVideo): string | null {
  const parts = oembed !== null ? [oembed.title] : [details?.title, details?.body];
  const text = parts
    .map((part) => part?.replace(/\s+/g, ' ').trim() ?? '')
    .filter((part) => part !== '')
    .join('\n');
  return text === '' ? null : text;
}

/** Only web addresses get into a page. */
function webUrl(text: string | null | undefined): string | null {
  return typeof text === 'string' && /^https?:\/\//i.test(text) ? text : null;
}

/** Whether the export itself says what the video is, so that nobody needs to be asked. */
export function hasText(details: FavoriteDetails | null): boolean {
  return details !== null && (details.title !== null || details.body !== null);
}

function isFull(video: TikTokVideo): boolean {
  return video.oembed !== null || hasText(video.details);
}

/** A favourite as a raw item: full where something is known of it, else a stub. Hydration: an import sights by snapshot. */
export function toHydration(video: TikTokVideo): ProviderItem {
  const document = toDocument(video);
  const full = isFull(video);
  const payload = video.oembed ?? (full ? video.details : null);
  return {
    itemId: tiktokProvider.itemId(video),
    sighting: false,
    content: tiktokProvider.contentOf(video),
    document,
    text: full ? vectorizationText(video) : null,
    documentHash: full ? documentHash(document, tiktokProvider.volatile) : '',
    truncated: false,
    payload: payload === null ? null : JSON.stringify(payload),
  };
}

/** A fetch was tried and failed: says so, and overwrites nothing (law 6). */
export function toFailure(video: TikTokVideo, reason: string): ProviderItem {
  const document = { ...toDocument(video), extra: JSON.stringify({ failure: reason }) };
  return {
    itemId: video.itemId,
    sighting: false,
    content: 'failed',
    document,
    text: null,
    documentHash: '',
    truncated: false,
    payload: null,
  };
}
