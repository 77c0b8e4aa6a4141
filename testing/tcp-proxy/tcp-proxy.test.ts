import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TcpProxy } from './tcp-proxy.ts';

let server: Server;
let proxy: TcpProxy;
beforeEach(async () => {
  server = createServer((socket) => {
    const { port } = server.address() as AddressInfo;
    socket.on('error', () => undefined).on('data', (chunk) => void socket.write(`${String(chunk)} {"kv":${port}}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.start((server.address() as AddressInfo).port);
});
afterEach(async () => {
  await proxy.stop();
  server.close();
});

const ask = async (socket: Socket, text: string): Promise<string> => {
  socket.write(text);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
};

/** Not `once`, which takes the reset for a failure of its own. */
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('close', () => resolve()));

it('passes bytes on, and calls the server by its own port', async () => {
  const client = connect(proxy.port, '127.0.0.1');
  expect(await ask(client, 'hello')).toBe(`hello {"kv":${proxy.port}}`);
  client.destroy();
});

it('lets nothing through while it is silent, and everything afterwards', async () => {
  const client = connect(proxy.port, '127.0.0.1');
  await ask(client, 'first');
  proxy.cut('silent');
  let answered = false;
  const answer = ask(client, 'second').finally(() => (answered = true));
  // Another connection goes through meanwhile, and so would this one have.
  const beside = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await ask(beside, 'beside');
  expect(answered).toBe(false);
  proxy.mend();
  expect(await answer).toContain('second');
  for (const socket of [client, beside]) socket.destroy();
});

it('resets what is open and refuses what comes while it is refusing', async () => {
  const client = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  await ask(client, 'first');
  proxy.cut('refused');
  await closed(client);
  const next = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  await closed(next);
  proxy.mend();
  const last = connect(proxy.port, '127.0.0.1');
  expect(await ask(last, 'again')).toContain('again');
  last.destroy();
});
