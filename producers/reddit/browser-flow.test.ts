import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { askInBrowser } from './browser-flow.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The first line of the answer to a request as it is written here: fetch would mend its address. */
function answerTo(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`));
    socket.once('data', (bytes) => {
      resolve(String(bytes).split('\r\n')[0] ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

it('goes on waiting for the browser when somebody else asks its port for what is no address', async () => {
  const port = await freePort();
  const app = { authUrl: 'http://127.0.0.1:1', clientId: 'app', clientSecret: null };
  const redirectUrl = `http://127.0.0.1:${port}/callback`;
  let asked = (_url: string): void => {};
  const url = new Promise<string>((resolve) => {
    asked = resolve;
  });
  const code = askInBrowser({ app, redirectUrl }, (prompt) => asked(prompt.url ?? ''), new AbortController().signal);
  const state = new URL(await url).searchParams.get('state') ?? '';
  for (const target of ['//', '//[', '/callback?code=theirs', `/callback?code=theirs&state=${state.slice(1)}`])
    expect(await answerTo(port, target)).toContain('404');
  expect(await answerTo(port, `/callback?code=ours&state=${state}`)).toContain('200');
  expect(await code).toMatchObject({ code: 'ours' });
});
