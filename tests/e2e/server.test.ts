import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import { DataFolder, type ImportJson } from './data-folder.test-support.ts';

const CHECKOUT = path.join(__dirname, '../..');
const PROGRAM = path.join(CHECKOUT, 'bin/hoardarr.mjs');
const LIMIT_MS = 240_000;
const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const rows = inventedRows(60);

interface UploadJson {
  readonly id: string;
  readonly status: string;
  readonly error?: string | null;
}

/** `node bin/hoardarr.mjs`, as a user runs it. */
class Program {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  #said = '';

  constructor(folder: DataFolder, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [PROGRAM, ...words, '--data-dir', folder.path, '--json'], {
      cwd: folder.root,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...folder.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (this.child.stdout === null) throw new Error('no pipe to the program');
    createInterface({ input: this.child.stdout }).on('line', (line) => void this.lines.push(line));
    this.child.stderr?.on('data', (chunk: Buffer) => void (this.#said += chunk.toString()));
  }

  /** The document that `start` prints when it is ready. */
  async ready(): Promise<{ readonly url: string }> {
    for (;;) {
      const line = this.lines.find((each) => each.startsWith('{'));
      if (line !== undefined) return JSON.parse(line) as { readonly url: string };
      if (this.child.exitCode !== null) throw new Error(`it ended with status ${this.child.exitCode}: ${this.#said}`);
      await sleep(20);
    }
  }

  /** Resolves to the exit status. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.ended();
  }
}

describe('the program, as a user runs it', () => {
  let folder: DataFolder;
  let server: Program | null = null;
  beforeEach(() => {
    folder = new DataFolder();
  });
  afterEach(async () => {
    if (server?.child.exitCode === null) server.child.kill('SIGKILL');
    await server?.ended();
    server = null;
    folder.remove();
  });

  const start = async (): Promise<string> => {
    server = new Program(folder, ['start'], { HOARDARR_PORT: '0' });
    return (await server.ready()).url;
  };

  const get = async <T>(url: string): Promise<T> => {
    const response = await fetch(url);
    expect({ url, status: response.status }).toEqual({ url, status: 200 });
    return (await response.json()) as T;
  };

  /** Asks until the upload has ended. */
  const ended = async (url: string, { id }: UploadJson): Promise<UploadJson & Partial<ImportJson>> => {
    for (;;) {
      const upload = await get<UploadJson & Partial<ImportJson>>(`${url}/v1/uploads/${id}`);
      if (upload.status === 'done' || upload.status === 'failed') return upload;
      await sleep(50);
    }
  };

  const post = async (
    url: string,
    body: FormData | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<UploadJson> => {
    const response = await fetch(`${url}/v1/users/me/tiktok/uploads`, { method: 'POST', body, headers });
    expect(response.status).toBe(202);
    return (await response.json()) as UploadJson;
  };

  it(
    'takes uploads over HTTP, tells what happens, answers searches, and ends in order',
    async () => {
      const url = await start();
      expect(await get(`${url}/healthz`)).toEqual({ status: 'ok' });
      expect(await get(`${url}/readyz`)).toEqual({ status: 'ok' });
      const events = await listen(`${url}/v1/events`);

      const form = new FormData();
      const bytes = readFileSync(folder.write(inventedExport(rows)));
      form.append('file', new Blob([bytes], { type: 'application/json' }), 'user_data_tiktok.json');
      expect(await ended(url, await post(url, form))).toMatchObject({
        status: 'done',
        new: 60,
        removed: 0,
        converged: true,
      });
      const raw = JSON.stringify(inventedExport(rows.slice(2), MADE + DAY_MS));
      const second = await ended(url, await post(url, raw, { 'content-type': 'application/json' }));
      expect(second).toMatchObject({ status: 'done', new: 0, removed: 2 });

      await events.until((text) => text.includes('event: upload') && text.includes('"done"'));
      await events.until((text) => text.includes('event: outcome'));
      await events.close();

      const found = await get<{ results: { itemId: string; title: string }[] }>(
        `${url}/v1/search?q=caption+number+33&query=caption+number+33`,
      );
      expect(found.results[0]?.itemId).toBe(inventedId(33));
      const item = await get<{ state: string }>(`${url}/v1/items/tiktok/favorites/${inventedId(0)}`);
      expect(item.state).toBe('trash');
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('hoardarr_items');
      // A command beside it sees the same, and leaves the work to it.
      expect(await folder.ids('trash')).toEqual([inventedId(0), inventedId(1)].sort());
      expect(await folder.json('restore', 'tiktok', inventedId(0))).toMatchObject({ restored: 1 });
      expect((await get<{ state: string }>(`${url}/v1/items/tiktok/favorites/${inventedId(0)}`)).state).toBe('active');

      expect(await server?.stop()).toBe(0);
      expect(await folder.ids()).toHaveLength(59);
    },
    LIMIT_MS,
  );

  it(
    'drains at SIGTERM in the middle of an import, and goes on at the next start',
    async () => {
      const url = await start();
      const upload = await post(url, JSON.stringify(inventedExport(inventedRows(3_000))), {
        'content-type': 'application/json',
      });
      expect(await server?.stop()).toBe(0);
      const again = await start();
      expect(await ended(again, upload)).toMatchObject({ status: 'done' });
      expect(await server?.stop()).toBe(0);
      const { accounts } = await folder.status();
      expect(accounts).toMatchObject([{ active: 3_000, trash: 0, held: 0, converged: true }]);
    },
    LIMIT_MS,
  );

  it(
    'refuses a file that is no export over HTTP, and says why',
    async () => {
      const url = await start();
      const upload = await ended(url, await post(url, '{"Your Activity": {}}', { 'content-type': 'application/json' }));
      expect(upload.status).toBe('failed');
      expect(upload.error).toMatch(/Your Activity/);
      expect(await server?.stop()).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'finds by meaning and by word in the sample that it ships, with the model that it ships',
    async () => {
      const sample = path.join(CHECKOUT, 'samples/tiktok/user_data_tiktok.json');
      const local = { HOARDARR_EMBEDDER: 'local', TIKTOK_OEMBED_URL: 'off' };
      const imported = new Program(folder, ['import', 'tiktok', sample], local);
      expect(await imported.ended()).toBe(0);
      const report = JSON.parse(imported.lines.join('\n')) as ImportJson;
      expect(report.new).toBeGreaterThan(10);
      const titlesOf = async (query: string): Promise<{ mode: string; titles: readonly string[] }> => {
        const search = new Program(folder, ['search', query, '--limit', '5'], local);
        expect(await search.ended()).toBe(0);
        const found = JSON.parse(search.lines.join('\n')) as { mode: string; results: { title: string }[] };
        return { mode: found.mode, titles: found.results.map(({ title }) => title) };
      };
      const byWord = await titlesOf('Ljubljana');
      expect(byWord.titles[0]).toBe('Three days in Ljubljana without a car');
      const byMeaning = await titlesOf('homemade loaf');
      expect(byMeaning.mode).toBe('hybrid');
      expect(byMeaning.titles).toContain('Overnight sourdough: mix before bed, bake before work');
    },
    LIMIT_MS,
  );
});

/** A reader of server-sent events. */
async function listen(url: string): Promise<{
  until(condition: (text: string) => boolean): Promise<void>;
  close(): Promise<void>;
}> {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
      text += decoder.decode(chunk, { stream: true });
  })().catch(() => undefined);
  return {
    async until(condition) {
      while (!condition(text)) await sleep(20);
    },
    async close() {
      stop.abort();
      await reading;
    },
  };
}
