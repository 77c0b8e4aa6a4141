import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ApiWorld } from './api-world.test-helper.ts';
import { endWhereStill, LOOK_MS } from './still-body.ts';

const SHORT_MS = 100;
const ID = '11111111-1111-4111-8111-111111111111';
const UPLOADS = '/v1/users/me/tiktok/uploads';

// The same looks, but sooner.
beforeEach(() => {
  const { setInterval } = globalThis;
  jest
    .spyOn(globalThis, 'setInterval')
    .mockImplementation((look, ms) => setInterval(look, ms === LOOK_MS ? SHORT_MS : ms));
});

const headOf = (path: string, host: string, type: string, bytes: number): string =>
  `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${type}\r\ncontent-length: ${bytes}\r\n\r\n`;

describe('a body that stands still', () => {
  const world = new ApiWorld();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  const statusOf = async (): Promise<unknown> => (await world.ask('GET', `/v1/uploads/${ID}`)).json()['status'];

  it('does not keep the connection of who is not let in yet', async () => {
    const head = headOf('/v1/session', world.url.host, 'application/json', 100);
    expect(await world.say(`${head}{"pass`)).toBe('');
  });

  it('is an upload that was cut off, and is forgotten as one', async () => {
    const head = headOf(`${UPLOADS}?id=${ID}`, world.url.host, 'application/octet-stream', 1_000);
    const said = world.say(`${head}{"Activity"`);
    for (let status: unknown; status !== 'receiving'; ) status = await statusOf();
    expect(await said).toBe('');
    for (let status: unknown = 'receiving'; status === 'receiving'; ) status = await statusOf();
    expect(await statusOf()).toBe(404);
  });

  it('leaves a connection that asks on alone', async () => {
    const body = '{"password":"x"}';
    const [head, after] = [
      headOf('/v1/session', world.url.host, 'application/json', body.length),
      `GET /healthz HTTP/1.1\r\nhost: ${world.url.host}\r\nconnection: close\r\n\r\n`,
    ];
    expect(await world.say(`${head}${body}${after}`)).toMatch(/HTTP\/1\.1 409[^]*HTTP\/1\.1 200/);
  });
});

it('waits for who reads it late', async () => {
  const server = createServer((asked, answer) => {
    endWhereStill(asked);
    void setTimeout(5 * SHORT_MS)
      .then(() => buffer(asked))
      .then((body) => answer.end(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: '127.0.0.1', port, method: 'POST' }).end('late');
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  expect(await text(answer)).toBe('late');
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});
