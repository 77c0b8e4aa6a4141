import { z } from 'zod';
import { HttpUnavailableError, type PoliteHttp } from '../polite-http.ts';
import { videoUrl } from './link.ts';

const OEmbedSchema = z.looseObject({
  title: z.string(),
  author_name: z.string().nullish(),
  author_url: z.string().nullish(),
  author_unique_id: z.string().nullish(),
  thumbnail_url: z.string().nullish(),
  embed_product_id: z.string().nullish(),
  embed_type: z.string().nullish(),
});

/** What TikTok's oEmbed says of a video; `title` is the whole caption (providers.md, section 3). */
export type OEmbed = z.infer<typeof OEmbedSchema>;

export type OEmbedAnswer =
  | { readonly kind: 'video'; readonly oembed: OEmbed }
  /** deleted, private, blocked here, or a fault: TikTok answers all of them alike, so nothing follows from it */
  | { readonly kind: 'failed'; readonly reason: string };

const MAX_REDIRECTS = 2;

/** Asks for one video. Never rejects but with the signal's reason. */
export async function fetchOEmbed(
  http: PoliteHttp,
  oembedUrl: string,
  itemId: string,
  signal: AbortSignal,
): Promise<OEmbedAnswer> {
  // tiktokv.com links and /photo/ are refused by oEmbed; the handle is ignored.
  const url = new URL(oembedUrl);
  url.searchParams.set('url', videoUrl(itemId));
  try {
    return await ask(http, url, itemId, signal, MAX_REDIRECTS);
  } catch (error) {
    if (error instanceof HttpUnavailableError) return failed(error.message);
    throw error;
  }
}

async function ask(
  http: PoliteHttp,
  url: URL,
  itemId: string,
  signal: AbortSignal,
  redirects: number,
): Promise<OEmbedAnswer> {
  const { status, location, body } = await http.get(url.href, signal);
  if (status >= 300 && status < 400 && location !== null) {
    const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
    if (next === null || next.origin !== url.origin || redirects === 0) return failed('redirected elsewhere');
    return ask(http, next, itemId, signal, redirects - 1);
  }
  if (status !== 200) return failed(status === 400 ? 'not available (HTTP 400)' : `HTTP ${status}`);
  const parsed = OEmbedSchema.safeParse(parseJson(body));
  if (!parsed.success) return failed('the answer is not what oEmbed gives');
  const { embed_product_id: answered } = parsed.data;
  if (typeof answered === 'string' && answered !== itemId) return failed('the answer is for another video');
  return { kind: 'video', oembed: parsed.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(reason: string): OEmbedAnswer {
  return { kind: 'failed', reason };
}
