import { createServer } from '../../../api/server.ts';
import { loadConfig } from '../../../app/config.ts';
import { openApp } from '../../../app/open-app.ts';
import { createTelemetry } from '../../../app/telemetry.ts';
import { exportOf, exportRow, ID } from '../../../testing/tiktok-exports.ts';
import { type FuzzTarget, holds } from '../target.ts';
import { ScratchFolder } from './scratch-file.ts';

const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];
/** A stack, a path of this machine, or a word of the database. */
const INTERNALS = /\bat .*\.[jt]s:\d+|\/node_modules\/|SQLITE_|\/tmp\//;
const ENV = { HOARDARR_EMBEDDER: 'hash', TIKTOK_OEMBED_URL: 'off', HOARDARR_UPLOAD_LIMIT_BYTES: '10000' };

interface Asked {
  readonly method: Method;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly payload: Buffer;
}

/** Like a request of HTTP: a line with method and address, lines of headers, a blank one, the body. */
function requestIn(input: Uint8Array): Asked | null {
  const text = Buffer.from(input);
  const blank = text.indexOf('\n\n');
  const [first = '', ...lines] = text
    .subarray(0, blank < 0 ? text.length : blank)
    .toString('latin1')
    .split('\n');
  const [word = '', url = ''] = first.split(' ');
  const method = METHODS.find((each) => each === word);
  // What is no address of HTTP never gets past Node's own parser; a stream of events never ends.
  if (method === undefined || !/^\/[!-~]*$/.test(url) || /^\/+v1\/+events/i.test(decoded(url))) return null;
  const headers: Record<string, string> = { host: '127.0.0.1' };
  for (const line of lines) {
    const [name = '', value = ''] = line.split(': ', 2);
    if (
      /^[a-z-]+$/i.test(name) &&
      !/^(?:transfer-encoding|content-length|expect)$/i.test(name) &&
      !/[^ -~]/.test(value)
    )
      headers[name.toLowerCase()] = value;
  }
  return { method, url, headers, payload: blank < 0 ? Buffer.alloc(0) : text.subarray(blank + 2) };
}

function decoded(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

const form = (...parts: readonly string[]): string =>
  `${parts.map((part) => `--b\r\ncontent-disposition: form-data; ${part}\r\n`).join('')}--b--\r\n`;
const UPLOADS = 'POST /v1/users/me/tiktok/uploads';
const file = JSON.stringify(exportOf([exportRow(ID[0])]));

export const apiRequest: FuzzTarget = {
  about: 'requests to the HTTP API: addresses, JSON, forms, uploads',
  seeds: [
    'GET /v1/search?q=sourdough&limit=3&provider=tiktok',
    'GET /v1/items?state=trash&after=abc&limit=1000&user=me',
    `GET /v1/items/tiktok/favorites/${ID[0]}?user=me`,
    `GET /v1/items/tiktok/favorites/${ID[0]}/explain`,
    `POST /v1/items/tiktok/favorites/${ID[1]}/restore`,
    `DELETE /v1/items/tiktok/favorites/${ID[2]}`,
    'GET /v1/accounts?user=me',
    'POST /v1/accounts/github/me/syncs\ncontent-type: application/json\n\n{"full":true}',
    'GET /v1/held',
    'POST /v1/held/abc/approve?user=me',
    'GET /v1/uploads/0b7e9a80-1111-4222-8333-444455556666',
    `${UPLOADS}?asOf=2026-01-01&filename=x.json\ncontent-type: application/octet-stream\n\n${file}`,
    `${UPLOADS}\ncontent-type: multipart/form-data; boundary=b\n\n${form(
      'name="asOf"\r\n\r\n2026-01-01',
      `name="file"; filename="x.json"\r\ncontent-type: text/plain\r\n\r\n${file}`,
    )}`,
    'GET /metrics',
    'GET /openapi.json',
    'HEAD /readyz\norigin: http://127.0.0.1\nsec-fetch-site: same-origin',
  ],
  words: [
    '%00',
    '%E0%A4%A',
    '%2e%2e/',
    '?user=',
    '&limit=',
    '&after=',
    '&asOf=',
    'content-type: ',
    'application/json',
    'multipart/form-data; boundary=',
    '; filename="',
    "\"; filename*=utf-8''%",
    '--b\r\n',
    '\r\n\r\n',
    'origin: null\n',
    'authorization: Bearer ',
    'host: [::1]:1\n',
    '{"__proto__":1}',
    '"q"*',
    'NEAR(',
    '\n\n',
  ],
  open: async () => {
    const folder = new ScratchFolder();
    const config = loadConfig({ dataDir: `${folder.path}/data` }, ENV);
    const telemetry = createTelemetry({ level: 'silent', secrets: [], stream: { write: () => undefined } });
    const app = await openApp(config, telemetry, {});
    await app.roles.start(['embed', 'sink']);
    const { server, stop } = await createServer(app);
    return {
      run: async (input) => {
        const asked = requestIn(input);
        if (asked === null) return;
        const { statusCode: status, headers, body } = await server.inject(asked);
        const what = `${asked.method} ${asked.url.slice(0, 80)} is answered with ${status}`;
        holds(status < 500, `${what}: ${body.slice(0, 300)}`);
        if (status < 400 || asked.method === 'HEAD') return;
        holds(
          String(headers['content-type']).startsWith('application/problem+json'),
          `${what}, and no problem document`,
        );
        const problem = JSON.parse(body) as { readonly status: number; readonly detail: string };
        holds(problem.status === status && problem.detail !== '', `${what}, which says something else`);
        holds(!INTERNALS.test(problem.detail), `${what}: ${problem.detail.slice(0, 300)}`);
      },
      close: async () => {
        await stop();
        await app.close();
        folder.remove();
      },
    };
  },
};
