import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ImageFetcher, ImageUnavailableError } from '../app/thumbnails/fetch-image.ts';
import { FakeOEmbed } from '../testing/fake-oembed/fake-oembed.ts';
import { ApiWorld, PROBLEM } from './api-world.test-helper.ts';

const JPEG = Buffer.from('\xff\xd8\xff\xe0 an invented picture', 'latin1');
const ID = '7300000000000000001';
const THUMBNAIL = `/v1/items/tiktok/favorites/${ID}/thumbnail`;
const EXPORT = JSON.stringify({
  Activity: {
    'Favorite Videos': {
      FavoriteVideoList: [{ Date: '2025-06-01 00:00:00', Link: `https://www.tiktokv.com/share/video/${ID}/` }],
    },
  },
});

describe('thumbnails over HTTP', () => {
  let world: ApiWorld;
  let oembed: FakeOEmbed;
  const fetched: string[] = [];
  /** The signatures that are over: their pictures are refused, as TikTok refuses them. */
  const expired = new Set<string>();
  const fetchImage: ImageFetcher = async (url) => {
    fetched.push(url);
    if (expired.has(new URL(url).searchParams.get('x-signature') ?? '')) throw new ImageUnavailableError('HTTP 403');
    return { type: 'image/jpeg', bytes: JPEG };
  };
  const start = async (): Promise<void> => {
    oembed = await FakeOEmbed.start();
    fetched.length = 0;
    expired.clear();
    world = new ApiWorld({ TIKTOK_OEMBED_URL: oembed.url }, { fetchImage });
    await world.start();
    await world.upload(EXPORT);
  };
  const files = (): readonly string[] => {
    const folder = path.join(world.cli.dataDir, 'thumbnails');
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  afterEach(async () => {
    await world.stop();
    await oembed.close();
    world.cli.remove();
  });

  it('are fetched once, kept, and erased with their item', async () => {
    await start();
    expect((await world.ask('GET', '/v1/items')).json()).toMatchObject({ items: [{ itemId: ID, hasThumbnail: true }] });
    const [first, second] = await Promise.all([world.ask('GET', THUMBNAIL), world.ask('GET', THUMBNAIL)]);
    for (const answer of [first, second, await world.ask('GET', THUMBNAIL)]) {
      expect(answer).toMatchObject({ status: 200, text: JPEG.toString() });
      expect(answer?.headers).toMatchObject({
        'content-type': 'image/jpeg',
        'cache-control': expect.stringContaining('immutable'),
        'x-content-type-options': 'nosniff',
      });
    }
    expect(fetched.length).toBe(1);
    expect(files().length).toBe(1);
    await world.ask('DELETE', `/v1/items/tiktok/favorites/${ID}`);
    expect(files()).toEqual([]);
    const answer = await world.ask('GET', THUMBNAIL);
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.json()).toMatchObject(PROBLEM);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('are asked for anew where their address is over, and not again and again where there are none', async () => {
    await start();
    expired.add('1');
    const asked = oembed.asked.length;
    expect(await world.ask('GET', THUMBNAIL)).toMatchObject({ status: 200 });
    expect(oembed.asked.length).toBe(asked + 1);
    expect(fetched.length).toBe(2);
    expect(fetched[1]).not.toBe(fetched[0]);
    await world.stop();
    await oembed.close();
    world.cli.remove();
    await start();
    expired.add('1');
    oembed.unavailable.add(ID);
    for (let turn = 0; turn < 3; turn++) expect(await world.ask('GET', THUMBNAIL)).toMatchObject({ status: 404 });
    expect(fetched.length).toBe(1);
    expect(await world.ask('GET', '/v1/items/tiktok/favorites/123/thumbnail')).toMatchObject({ status: 404 });
  });

  it('are not fetched where TikTok is not to be asked', async () => {
    await start();
    await world.stop();
    world.cli.env['TIKTOK_OEMBED_URL'] = 'off';
    await world.start();
    expect(await world.ask('GET', THUMBNAIL)).toMatchObject({ status: 404 });
    expect(fetched).toEqual([]);
  });
});
