import { request } from 'node:http';
import { connect } from 'node:net';
import { expect } from '@jest/globals';
import type { App } from '../app/app.ts';
import { loadConfig } from '../app/config.ts';
import { type OpenOptions, openApp } from '../app/open-app.ts';
import { createTelemetry } from '../app/telemetry.ts';
import { CliWorld, videos } from '../cli/run-cli.test-helper.ts';
import { startApi } from './start-api.ts';

/** Planted, so that a test can look for it where it must not be. */
export const TOKEN = 'planted-api-token-0123456789';

/** What a request was answered with. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the test says what the document holds
  json<T = Record<string, unknown>>(): T;
}

/** A data folder with an API on it, over real HTTP. */
export class ApiWorld {
  readonly cli: CliWorld;
  logs = '';
  app: App | undefined;

  readonly #options: Pick<OpenOptions, 'fetch' | 'fetchImage'>;

  constructor(env: Readonly<Record<string, string>> = {}, options: Pick<OpenOptions, 'fetch' | 'fetchImage'> = {}) {
    this.#options = options;
    this.cli = new CliWorld({ HOARDARR_PORT: '0', LOG_LEVEL: 'debug', ...env });
  }

  async start(): Promise<void> {
    const config = loadConfig({ dataDir: this.cli.dataDir }, this.cli.env);
    const telemetry = createTelemetry({
      level: 'debug',
      secrets: config.secrets,
      stream: { write: (line) => void (this.logs += line) },
    });
    this.app = await openApp(config, telemetry, { startApi, ...this.#options });
    await this.app.roles.start(['api', 'scheduler', 'producer', 'embed', 'sink']);
  }

  get url(): URL {
    return new URL(this.app?.apiUrl() ?? 'http://nowhere.invalid');
  }

  /** With headers as they are given, Host and Origin too, which fetch would not send. */
  ask(
    method: string,
    path: string,
    options: {
      readonly headers?: Readonly<Record<string, string | string[]>>;
      readonly body?: string | Buffer;
      /** the address of this machine that it comes from */
      readonly from?: string;
    } = {},
  ): Promise<Answer> {
    const { hostname, port, pathname } = this.url;
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          hostname,
          port,
          method,
          path: `${pathname.replace(/\/$/, '')}${path}`,
          headers: options.headers ?? {},
          ...(options.from === undefined ? {} : { localAddress: options.from }),
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () => {
            const text = Buffer.concat(parts).toString();
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
              json: <T>() => JSON.parse(text) as T,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(options.body);
    });
  }

  /** What the server says to bytes that need be no request. */
  say(bytes: string): Promise<string> {
    const { hostname, port } = this.url;
    return new Promise((resolve, reject) => {
      let said = '';
      const socket = connect(Number(port), hostname, () => void socket.write(bytes));
      socket.on('data', (part: Buffer) => (said += part.toString()));
      socket.on('error', reject);
      socket.on('close', () => resolve(said));
    });
  }

  /** Sends an export, and waits until its import has ended. */
  async upload(
    body: Buffer | string,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/octet-stream' },
    user = 'me',
    provider = 'tiktok',
  ): Promise<Record<string, unknown>> {
    const accepted = await this.ask('POST', `/v1/users/${user}/${provider}/uploads`, { headers, body });
    expect(accepted.status).toBe(202);
    const { id } = accepted.json<{ id: string }>();
    for (;;) {
      const upload = (await this.ask('GET', `/v1/uploads/${id}`, { headers: authorizationOf(headers) })).json();
      if (upload['finishedAt'] !== null) return upload;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    await this.app?.close();
    this.app = undefined;
  }
}

function authorizationOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  return headers['authorization'] === undefined ? {} : { authorization: headers['authorization'] };
}

const CRLF = Buffer.from('\r\n');

/** An export of invented videos, as bytes. */
export function exported(count: number, from = 0): Buffer {
  const rows = videos(count, from).map(({ id, date, caption }) => ({
    Date: date,
    Link: `https://www.tiktokv.com/share/video/${id}/`,
    Caption: caption,
  }));
  return Buffer.from(JSON.stringify({ Activity: { 'Favorite Videos': { FavoriteVideoList: rows } } }));
}

/** A multipart form with one file, and with a date before or after it. */
export function form(
  file: Buffer,
  name: string,
  date: { readonly asOf?: string; readonly after?: boolean } = {},
): { readonly body: Buffer; readonly headers: Record<string, string> } {
  const boundary = 'a-boundary-of-a-form';
  const part = (about: string, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${about}\r\n\r\n`), content, CRLF]);
  const upload = part(`name="file"; filename="${name}"\r\ncontent-type: application/octet-stream`, file);
  const fields = date.asOf === undefined ? [] : [part('name="asOf"', Buffer.from(date.asOf))];
  const parts = date.after === true ? [upload, ...fields] : [...fields, upload];
  return {
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

/** A problem document (RFC 9457), whatever it says. */
export const PROBLEM = {
  type: 'about:blank',
  title: expect.any(String),
  status: expect.any(Number),
  detail: expect.any(String),
  instance: expect.any(String),
};
