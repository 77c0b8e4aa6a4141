import { inventVideo } from '../fake-oembed/captions.ts';

/** oEmbed without a network: a `fetch` that answers at once, and says what it was asked. All that it says is invented. */
export class MemoryOEmbed {
  /** for TIKTOK_OEMBED_URL */
  static readonly url = 'https://oembed.invalid/oembed';
  /** ids asked for, in order */
  readonly asked: string[] = [];
  /** ids that are answered 400, as deleted, private and unknown ones are */
  readonly unavailable = new Set<string>();
  /** captions that a test chose, by id; others are invented */
  readonly captions = new Map<string, string>();

  readonly fetch: typeof fetch = async (input) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const itemId = /(\d+)\/?$/.exec(url.searchParams.get('url') ?? '')?.[1] ?? '';
    this.asked.push(itemId);
    if (this.unavailable.has(itemId))
      return new Response('{"message":"Something went wrong","code":400}', { status: 400 });
    const { title, author, handle } = inventVideo(itemId);
    const caption = this.captions.get(itemId) ?? title;
    return Response.json({
      title: caption,
      author_name: author,
      author_unique_id: handle,
      author_url: `https://www.tiktok.com/@${handle}`,
      embed_product_id: itemId,
      embed_type: 'video',
    });
  };
}
