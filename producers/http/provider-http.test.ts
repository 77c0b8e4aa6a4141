import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import { MemoryMetadataStore } from '../../testing/memory-metadata/memory-metadata-store.ts';
import { ShiftedClock } from '../../testing/producer-world.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { githubRateRules } from '../github/rate-rules.ts';
import { createProviderHttp } from './provider-http.ts';
import { type ProviderHttp, SourceUnavailableError } from './types.ts';

const TRIES = 4;
const signal = new AbortController().signal;

describe('the client of a credential, over a network', () => {
  let server: Server | null = null;
  let asked = 0;
  afterEach(async () => {
    asked = 0;
    server?.closeAllConnections();
    await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
    server = null;
  });

  const listen = async (answer: Parameters<typeof createServer>[1] & object): Promise<string> => {
    const listening = createServer((request, response) => {
      asked++;
      answer(request, response);
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    server = listening;
    return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
  };
  const client = (timeoutMs: number): ProviderHttp => {
    const deps = {
      fetch,
      metadata: new MemoryMetadataStore(),
      clock: new ShiftedClock(),
      random: () => 0.001,
      telemetry: new RecordingTelemetry(),
      instance: 'here',
    };
    const options = { provider: 'test', credential: 'me', rules: githubRateRules(true), userAgent: 'test' };
    return createProviderHttp(deps, { ...options, timeoutMs, bodyLimitBytes: 1000 });
  };
  const failure = async (url: string, timeoutMs = 20_000): Promise<string> => {
    const http = client(timeoutMs);
    const error: unknown = await http.send({ method: 'GET', url }, signal).catch((reason: unknown) => reason);
    expect(http.usage().requests).toBe(TRIES);
    expect(error).toBeInstanceOf(SourceUnavailableError);
    return String(error);
  };

  it('asks a server again that is too slow, cuts the connection or says more than anything can be, and gives up', async () => {
    const silent = await listen(() => undefined);
    expect(await failure(`http://${silent}/`, 300)).toMatch(/timeout|TimeoutError/i);
    // One may have been given up before it was there.
    expect(asked).toBeGreaterThan(1);
    server?.removeAllListeners('request');
    server?.on('request', (_request, response) => response.write('half', () => response.destroy()));
    expect(await failure(`http://${silent}/`)).toContain('did not answer');
    server?.removeAllListeners('request');
    server?.on('request', (_request, response) => response.end('x'.repeat(2000)));
    expect(await failure(`http://${silent}/`)).toContain('longer than 1000 bytes');
  });

  it('says what kept it from a server that refuses the connection, or speaks no TLS', async () => {
    const host = await listen((_request, response) => response.end('plain'));
    expect(await failure(`https://${host}/?token=none`)).toMatch(/did not answer: \S/);
    await new Promise((resolve) => server?.close(resolve));
    server = null;
    expect(await failure(`http://${host}/`)).toContain('ECONNREFUSED');
  });

  it('does not repeat a token that no header can carry, as one in UTF-16 is', async () => {
    const host = await listen((_request, response) => response.end());
    for (const token of ['s\0e\0c\0r\0e\0t', 's\u0001ecret', 'secr\u2026et']) {
      const headers = { authorization: `Bearer ${token}` };
      const sent = client(20_000).send({ method: 'GET', url: `http://${host}/`, headers }, signal);
      const error: unknown = await sent.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect(String(error)).toContain('authorization');
      expect(String(error)).not.toMatch(/s\W*e\W*c\W*r/);
    }
    expect(asked).toBe(0);
  });

  it('takes the answer of a server that comes back, and follows it nowhere else', async () => {
    const host = await listen((_request, response) => {
      if (asked < TRIES) response.writeHead(503).end();
      else response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end();
    });
    const http = client(20_000);
    expect(await http.send({ method: 'GET', url: `http://${host}/` }, signal)).toMatchObject({ status: 302 });
    expect(http.usage()).toEqual({ requests: TRIES, rateLimitWaitMs: 0 });
  });
});
