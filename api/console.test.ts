import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Answer, ApiWorld, TOKEN } from './api-world.test-helper.ts';

const BUILT = path.join(__dirname, '../dist/console');
/** As a browser sends it that opens an address, by a link on some other page. */
const NAVIGATION = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'cross-site',
};

describe('the console over HTTP', () => {
  let world: ApiWorld;
  afterEach(async () => {
    await world.stop();
    world.cli.remove();
  });

  const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    world = new ApiWorld(env);
    await world.start();
  };
  const open = (address: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    world.ask('GET', address, { headers: { host: `localhost:${world.url.port}`, ...NAVIGATION, ...headers } });
  const script = (): string =>
    readdirSync(path.join(BUILT, 'assets')).find((name) => /^index-.*\.js$/.test(name)) ?? '';

  it('is a page at the root and at its own addresses, which a browser may be led to from anywhere', async () => {
    await start();
    for (const address of ['/', '/uploads', '/items/tiktok/favorites/1?user=me']) {
      const page = await open(address);
      expect([address, page.status, page.headers['content-type']]).toEqual([address, 200, 'text/html; charset=utf-8']);
      expect(page.text).toContain('<base href="/"');
    }
    const head = await world.ask('HEAD', '/');
    expect(head.status).toBe(200);
  });

  it('lets nothing from elsewhere into the page, no inline script or style, and no page around it', async () => {
    await start();
    const { headers, text } = await open('/');
    const policy = String(headers['content-security-policy']);
    for (const part of ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'self'", "form-action 'self'"])
      expect(policy.split('; ')).toContain(part);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers['x-frame-options']).toBe('DENY');
    expect(text).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\bon\w+=|\bstyle=/);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('does not open the API to other pages, nor to names that lead here', async () => {
    await start();
    const json = { accept: 'application/json', 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'cross-site' };
    expect((await open('/v1/items', json)).status).toBe(403);
    expect((await open('/', json)).status).toBe(403);
    expect((await open('/', { host: 'rebound.example' })).status).toBe(403);
    expect((await open('/', { origin: 'https://elsewhere.example' })).status).toBe(403);
    const post = await world.ask('POST', '/v1/held/x/approve', { headers: NAVIGATION });
    expect(post.status).toBe(403);
  });

  it('answers programs with problems as before', async () => {
    await start();
    for (const address of ['/v1/nowhere', '/v1', '/assets/none.js'])
      expect([address, (await open(address)).status]).toEqual([address, 404]);
    const unknown = await world.ask('GET', '/nowhere', { headers: { accept: '*/*' } });
    expect([unknown.status, unknown.headers['content-type']]).toEqual([404, 'application/problem+json']);
    const outside = await world.ask('GET', '/assets/..%2f..%2fpackage.json');
    expect(outside.status).not.toBe(200);
  });

  it('has files that may be kept for ever, compressed as the browser takes them', async () => {
    await start();
    const address = `/assets/${script()}`;
    for (const encoding of ['br', 'gzip']) {
      const file = await open(address, { 'accept-encoding': encoding });
      expect(file.status).toBe(200);
      expect(file.headers).toMatchObject({
        'content-encoding': encoding,
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': expect.stringContaining('javascript'),
        'x-content-type-options': 'nosniff',
      });
    }
    expect((await open(address)).headers['content-encoding']).toBeUndefined();
    // The names of these stay, so what they hold may not.
    expect((await open('/')).headers['cache-control']).toBe('no-cache');
    expect((await open('/theme.js')).headers['cache-control']).toBe('public, max-age=0');
    expect((await open('/v1/items')).headers['cache-control']).toBe('no-store');
  });

  it('is served under a sub-path, with and without a slash at its end', async () => {
    await start({ HOARDARR_BASE_PATH: '/hoard' });
    const { port } = world.url;
    for (const address of ['', '/', '/uploads']) {
      const page = await open(address);
      expect([address, page.status]).toEqual([address, 200]);
      expect(page.text).toContain('<base href="/hoard/"');
    }
    expect((await open(`/assets/${script()}`)).status).toBe(200);
    const root = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html' } });
    expect(root.status).toBe(404);
  });

  it('shows the page to who is not logged in, and nothing else', async () => {
    await start({ HOARDARR_API_TOKEN: TOKEN });
    expect((await open('/')).status).toBe(200);
    expect((await open(`/assets/${script()}`)).status).toBe(200);
    expect((await open('/v1/items')).status).toBe(401);
    const unknown = await world.ask('POST', '/v1/nowhere');
    expect(unknown.status).toBe(401);
  });
});
