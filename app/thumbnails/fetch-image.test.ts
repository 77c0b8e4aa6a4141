import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createImageFetcher, type ImageFetchOptions } from './fetch-image.ts';
import { imageTypeOf } from './image-type.ts';
import { isPublicAddress } from './public-address.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\nand the rest', 'latin1');
const { signal } = new AbortController();

describe('fetching an image from an address that somebody else chose', () => {
  const servers: Server[] = [];
  let asked = 0;
  const serve = async (answer: RequestListener): Promise<string> => {
    asked = 0;
    const server = createServer((request, response) => {
      asked++;
      answer(request, response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://pictures.example:${(server.address() as AddressInfo).port}`;
  };
  const local = async () => [{ address: '127.0.0.1', family: 4 }];
  const fetcher = (options: ImageFetchOptions = {}) =>
    createImageFetcher({ resolve: local, isAllowed: () => true, allowHttp: true, ...options });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('takes what is an image, whatever it is called, and follows redirects', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/here' }).end();
      else response.writeHead(200, { 'content-type': 'text/html' }).end(PNG);
    });
    expect(await fetcher()(`${origin}/moved`, signal)).toEqual({ type: 'image/png', bytes: PNG });
  });

  it.each([
    ['a page', (response) => response.end('<svg onload="x"></svg>'), 'no image'],
    ['nothing', (response) => response.writeHead(403).end(PNG), 'HTTP 403'],
    ['too much', (response) => response.end(Buffer.concat([PNG, Buffer.alloc(2_000)])), 'larger than 1000'],
    [
      'an end too early',
      (response) => response.writeHead(200, { 'content-length': '100' }).write('x', () => response.destroy()),
      'cannot be fetched',
    ],
    ['no end', (response) => void response.write(PNG), 'cannot be fetched'],
    ['a circle', (response) => response.writeHead(302, { location: '/' }).end(), 'on and on'],
    ['another scheme', (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(), 'https'],
  ] as readonly (readonly [string, (response: Parameters<RequestListener>[1]) => unknown, string])[])(
    'refuses %s',
    async (_name, answer, message) => {
      const origin = await serve((_request, response) => void answer(response));
      const fetching = fetcher({ limitBytes: 1_000, timeoutMs: 500 })(origin, signal);
      await expect(fetching).rejects.toThrow(message);
    },
  );

  it('never connects to an address that is not public, named, looked up or redirected to', async () => {
    const origin = await serve((_request, response) => void response.end(PNG));
    const guarded = fetcher({ isAllowed: isPublicAddress });
    const { port } = new URL(origin);
    const mixed = fetcher({
      isAllowed: isPublicAddress,
      resolve: async () => [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    });
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', 'pictures.example'])
      await expect(guarded(`http://${host}:${port}/`, signal)).rejects.toThrow('not on the public internet');
    await expect(mixed(origin, signal)).rejects.toThrow('not on the public internet');
    expect(asked).toBe(0);
    const redirecting = await serve(
      (request, response) => void response.writeHead(302, { location: `http://10.0.0.1/${request.url ?? ''}` }).end(),
    );
    const onlyHere = fetcher({ isAllowed: (address) => address === '127.0.0.1' });
    await expect(onlyHere(redirecting, signal)).rejects.toThrow('not on the public internet');
    expect(asked).toBe(1);
  });

  it.each([
    'http://pictures.example/a.png',
    'https://pictures.example:8443/a.png',
    'https://someone:secret@pictures.example/',
    'ftp://pictures.example/',
    'data:image/png;base64,AA',
    'nothing',
  ])('does not ask %s', async (url) => {
    await expect(
      createImageFetcher({ resolve: () => Promise.reject(new Error('it was looked up')) })(url, signal),
    ).rejects.toThrow(/https alone|password|is none/);
  });
});

it.each([
  ['93.184.216.34', true],
  ['2606:4700::1111', true],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['127.0.0.1', false],
  ['169.254.169.254', false],
  ['172.31.0.1', false],
  ['192.168.1.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::ffff:10.0.0.1', false],
  ['64:ff9b::a00:1', false],
  ['fc00::1', false],
  ['fe80::1', false],
  ['2002:a00:1::', false],
  ['2001:db8::1', false],
  ['pictures.example', false],
])('%s is public: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});

it('tells images by how they begin', () => {
  const typeOf = (text: string) => imageTypeOf(Buffer.from(text, 'latin1'));
  expect(typeOf('\xff\xd8\xff\xe0')).toBe('image/jpeg');
  expect(typeOf('RIFF\0\0\0\0WEBPVP8 ')).toBe('image/webp');
  expect(typeOf('GIF89a')).toBe('image/gif');
  expect(typeOf('\0\0\0\x20ftypavif')).toBe('image/avif');
  for (const other of ['', '<svg>', 'RIFF\0\0\0\0WAVE', '\0\0\0\x20ftypmp42', 'BM']) expect(typeOf(other)).toBeNull();
});
