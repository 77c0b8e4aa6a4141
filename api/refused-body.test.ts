import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiWorld } from './api-world.test-helper.ts';

const LIMIT_BYTES = 200_000;
/** More than the buffers of a connection hold. */
const BODY = Buffer.alloc(20_000_000, 97);
const PIECE_BYTES = 1_000_000;
const BOUNDARY = 'a-boundary';
const UPLOADS = '/v1/users/me/tiktok/uploads';
const RAW = 'application/octet-stream';

const part = (about: string, content: string | Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; ${about}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
const form = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
const FORM = `multipart/form-data; boundary=${BOUNDARY}`;
const FILE = part('name="file"; filename="a.json"', BODY);
const NAMELESS = (content: string | Buffer): Buffer => part(`name="file"\r\ncontent-type: ${RAW}`, content);

describe('a body that is refused', () => {
  const world = new ApiWorld({
    HOARDARR_UPLOAD_LIMIT_BYTES: String(LIMIT_BYTES),
    HOARDARR_RESTORE_LIMIT_BYTES: String(LIMIT_BYTES),
  });
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  /** As browsers do: all of the body first, and only then is the answer read. Then something else, on the same connection. */
  const sendAll = async (path: string, type: string, body: Buffer): Promise<readonly string[]> => {
    const { hostname, port, host } = world.url;
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    for (let from = 0; from < body.length; from += PIECE_BYTES)
      if (!socket.write(body.subarray(from, from + PIECE_BYTES))) await once(socket, 'drain');
    socket.write(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    let text = '';
    socket.on('data', (bytes) => (text += String(bytes)));
    socket.resume();
    await once(socket, 'close');
    return [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);
  };

  it.each([
    ['too large, as it is', UPLOADS, RAW, BODY, '413'],
    ['too large, in a form', UPLOADS, FORM, form(FILE), '413'],
    ['too large, without a name', UPLOADS, FORM, form(NAMELESS(BODY)), '413'],
    ['of a moment that is none', UPLOADS, FORM, form(part('name="asOf"', 'soon'), FILE), '400'],
    ['of a moment in the address that is none', `${UPLOADS}?asOf=soon`, FORM, form(FILE), '400'],
    ['for nobody who can be', '/v1/users/m%20e/tiktok/uploads', RAW, BODY, '400'],
    ['too large, to be restored', '/v1/restores', 'application/x-tar', BODY, '413'],
  ])('is read to its end, and then its sender is told: %s', async (_what, path, type, body, status) => {
    expect(await sendAll(path, type, body)).toEqual([status, '200']);
  });

  it('is none for lacking a name, and is found under the address that was answered, whatever the id', async () => {
    const id = '00000000-0000-0000-0000-000000000001';
    const answer = await world.ask('POST', `${UPLOADS}?id=${id}&filename=mine.json`, {
      headers: { 'content-type': FORM },
      body: form(NAMELESS('{}')),
    });
    expect(answer.status).toBe(202);
    expect(answer.json()).toMatchObject({ fileName: 'mine.json' });
    expect((await world.ask('GET', String(answer.headers['location']))).status).toBe(200);
  });
});

describe('streams of events that nobody reads any more', () => {
  const world = new ApiWorld();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('end, also those that waited for their turn on a connection', async () => {
    const { hostname, port, host, origin } = world.url;
    const ask = `GET /v1/events HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
    // More than may be open at a time.
    for (let n = 0; n < 25; n++) {
      const socket = connect(Number(port), hostname);
      socket.write(ask.repeat(3));
      await once(socket, 'data');
      socket.destroy();
      await once(socket, 'close');
    }
    for (let status = 0; status !== 200; ) {
      const { status: answered, body } = await fetch(`${origin}/v1/events`);
      await body?.cancel();
      status = answered;
    }
  });
});
