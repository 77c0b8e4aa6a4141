import { isItemId } from '../../../core/keys.ts';
import { createTikTokHttp } from '../../../producers/tiktok/http.ts';
import { fetchOEmbed } from '../../../producers/tiktok/oembed.ts';
import { resolveShortLink } from '../../../producers/tiktok/short-links.ts';
import { type FuzzTarget, holds } from '../target.ts';
import { InstantClock, replies, reply, scriptedFetch } from './replies.ts';

const ID = '7612738946044398861';
const SHORT = 'https://vm.tiktok.com/ZMabcdef/';
/** The timer of a request outlives it, and thousands of them in a second would fill the memory. */
const QUICK = { retryBaseMs: 0, timeoutMs: 250 };
const LONGEST_WAIT_MS = 10 * 60_000;
const signal = new AbortController().signal;

async function run(input: Uint8Array): Promise<void> {
  const clock = new InstantClock();
  const http = createTikTokHttp({ clock, random: () => 0, fetch: scriptedFetch(input).fetch, ...QUICK });
  const answer = await fetchOEmbed(http, 'https://www.tiktok.test/oembed', ID, signal);
  holds(answer.kind === 'video' || answer.reason !== '', 'nobody knows why there is no caption');
  const hops: string[] = [];
  const { fetch } = scriptedFetch(input);
  const noting: typeof fetch = (url, init) => {
    hops.push(new Request(url).url);
    return fetch(url, init);
  };
  const found = await resolveShortLink(
    createTikTokHttp({ clock, random: () => 0, fetch: noting, ...QUICK }),
    SHORT,
    signal,
  );
  holds(found.kind !== 'video' || isItemId(found.itemId), 'a short link leads to what has no id');
  for (const hop of hops) holds(/^https:\/\/([a-z0-9-]+\.)*tiktok(v)?\.\w+\//.test(hop), `${hop} is asked`);
  holds(clock.waitedMs <= LONGEST_WAIT_MS, `waits for ${clock.waitedMs} ms`);
}

export const tiktokWeb: FuzzTarget = {
  about: "TikTok's answers: oEmbed, and where short links lead",
  seeds: [
    replies(reply({ title: 'a caption', author_name: 'Someone', author_unique_id: 'someone', embed_product_id: ID })),
    replies(reply('', `location: https://www.tiktok.com/@someone/video/${ID}?_r=1`, 301)),
    replies(reply('', 'location: /t/ZTabcdef/', 302), reply('', `location: https://m.tiktok.com/v/${ID}.html`, 301)),
    replies(reply('', '', 400)),
    replies(reply('', 'retry-after: 1', 429), reply({ title: '' })),
  ],
  words: [
    'location: ',
    '//elsewhere.test/',
    'https://tiktok.com@elsewhere.test/',
    'retry-after: 1e9',
    '"title":',
    '\n%%\n',
  ],
  open: async () => ({ run, close: async () => undefined }),
};
