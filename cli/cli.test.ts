import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { CliWorld, videos } from './run-cli.test-helper.ts';

interface Imported {
  readonly [name: string]: number | boolean | string | null | readonly string[];
}

interface Explained {
  readonly state: string;
  readonly pinned: boolean;
  readonly blocked: boolean;
  readonly history: readonly {
    readonly event: string;
    readonly reason: string;
    readonly author: string;
    readonly evidence: Readonly<Record<string, unknown>>;
  }[];
}

/** Whether any file of the data folder holds the text. */
function bytesHold(dataDir: string, text: string): string[] {
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(path.join(entry.parentPath, entry.name)).includes(text))
    .map((entry) => entry.name);
}

describe('the command line on a data folder', () => {
  const world = new CliWorld();
  const all = videos(30);
  const [first, second] = [all[0]?.id ?? '', all[1]?.id ?? ''];
  afterAll(() => world.remove());

  it('imports an export, and says what it did', async () => {
    const ran = await world.run('import', 'tiktok', world.export('a.json', all));
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.json<Imported>()).toMatchObject({
      provider: 'tiktok',
      user: 'me',
      collection: 'favorites',
      processed: 30,
      new: 30,
      removed: 0,
      held: 0,
      failed: 0,
      skipped: 0,
      converged: true,
      warnings: [],
    });
  });

  it('imports it again without doing anything', async () => {
    const report = (await world.run('import', 'tiktok', path.join(world.root, 'a.json'))).json<Imported>();
    expect(report).toMatchObject({ new: 0, updated: 0, removed: 0, unchanged: 30 });
    expect((report['warnings'] as string[]).join()).toContain('nothing was changed');
  });

  it('finds items by word, only for their user', async () => {
    const found = (await world.run('search', 'sourdough', 'bread')).json<{
      mode: string;
      results: { title: string; itemId: string; snippet: string }[];
    }>();
    expect(found.results[0]?.title).toContain('sourdough');
    expect(found.results[0]).toMatchObject({
      provider: 'tiktok',
      collection: 'favorites',
      url: expect.stringContaining('tiktok.com'),
      savedAt: expect.any(String),
    });
    expect((await world.run('search', 'sourdough', '--user', 'other')).json()).toMatchObject({ results: [] });
  });

  it('lists page by page', async () => {
    const one = (await world.run('items', '--limit', '20')).json<{ items: { itemId: string }[]; next: string }>();
    const two = (await world.run('items', '--limit', '20', '--after', one.next)).json<{
      items: { itemId: string }[];
      next: null;
    }>();
    expect(one.items[0]).toMatchObject({ itemId: first, state: 'active', pinned: false, stub: false, hasVector: true });
    expect(new Set([...one.items, ...two.items].map((item) => item.itemId)).size).toBe(30);
    expect(two.next).toBeNull();
  });

  it('removes what a newer export lacks, tells why, and restores it without embedding', async () => {
    const newer = [
      { ...(videos(1, -10)[0] ?? { id: '', date: '' }), caption: 'new' },
      ...all.filter((video) => video.id !== first),
    ];
    expect((await world.run('import', 'tiktok', world.export('b.json', newer))).json<Imported>()).toMatchObject({
      new: 1,
      removed: 1,
      converged: true,
    });
    const explained = (await world.run('explain', 'tiktok', first)).json<Explained>();
    expect(explained).toMatchObject({ state: 'trash', title: expect.any(String), url: expect.stringContaining(first) });
    expect(explained.history.at(-1)).toMatchObject({
      event: 'removed',
      author: 'sink',
      evidence: { coverage: 'complete', count: 30 },
    });
    expect((await world.run('restore', 'tiktok', first)).json()).toMatchObject({ restored: 1 });
    expect((await world.run('explain', 'tiktok', first)).json<Explained>()).toMatchObject({
      state: 'active',
      pinned: true,
    });
    expect((await world.run('items', '--limit', '1')).json<{ items: object[] }>().items).toHaveLength(1);
  });

  it('changes nothing by an older export, and says so', async () => {
    const report = (await world.run('import', 'tiktok', world.export('old.json', all.slice(5)))).json<Imported>();
    expect(report).toMatchObject({ new: 0, removed: 0 });
    expect((report['warnings'] as string[]).join()).toContain('older than the one last applied');
  });

  it('purges: blocked, and gone from the bytes of every file', async () => {
    const caption = all[1]?.caption ?? '';
    expect(bytesHold(world.dataDir, caption)).not.toEqual([]);
    expect((await world.run('purge', 'tiktok', second)).json()).toMatchObject({ purged: 1 });
    expect((await world.run('explain', 'tiktok', second)).json<Explained>()).toMatchObject({
      state: 'purged',
      blocked: true,
    });
    expect(bytesHold(world.dataDir, caption)).toEqual([]);
    const again = await world.run('restore', 'tiktok', second);
    expect(again.status).toBe(1);
    expect(again.json()).toMatchObject({ restored: 0, error: expect.stringContaining('purged') });
  });

  it('rebuilds the same from the log, without embedding, and keeps the explanations', async () => {
    const before = (await world.run('explain', 'tiktok', first)).json();
    const report = (await world.run('rebuild')).json();
    expect(report).toMatchObject({ embeddingCalls: 0, match: true });
    expect(report['digestBefore']).toBe(report['digestAfter']);
    expect((await world.run('status')).json<{ accounts: object[] }>().accounts).toMatchObject([{ converged: true }]);
    expect((await world.run('explain', 'tiktok', first)).json()).toEqual(before);
    expect(readdirSync(world.dataDir).filter((name) => /^store-\d+\.db$/.test(name))).toHaveLength(1);
  });

  it('makes the store again when its file is gone', async () => {
    const digest = (await world.run('status')).json()['digest'];
    for (const name of readdirSync(world.dataDir))
      if (name.startsWith('store-')) rmSync(path.join(world.dataDir, name));
    expect((await world.run('rebuild')).json()).toMatchObject({ embeddingCalls: 0, match: true, digestAfter: digest });
    expect((await world.run('status')).json()['digest']).toBe(digest);
  });

  it('says how things stand', async () => {
    const status = (await world.run('status')).json<{
      accounts: object[];
      lag: Record<string, number>;
      embedder: object;
    }>();
    expect(status.accounts).toMatchObject([
      {
        provider: 'tiktok',
        user: 'me',
        collection: 'favorites',
        active: 30,
        trash: 0,
        pinned: 1,
        purged: 1,
        syncCount: 3,
        needsReauth: false,
        paused: false,
        digest: expect.any(String),
      },
    ]);
    expect(status.lag).toMatchObject({ embed: 0, sink: 0 });
    expect(status.embedder).toMatchObject({ name: 'hash', dimensions: 512, coverage: 1 });
  });

  it('backs up while in use, and restores into an empty folder only', async () => {
    const file = path.join(world.root, 'backup.tar');
    expect((await world.run('backup', file)).json()).toMatchObject({ items: 30, bytes: statSync(file).size });
    expect((await world.run('restore-backup', file)).status).toBe(2);
    const other = new CliWorld();
    const before = (await world.run('status')).json()['digest'];
    expect((await other.run('restore-backup', file)).json()).toMatchObject({ items: 30 });
    expect((await other.run('status')).json()['digest']).toBe(before);
    expect((await other.run('import', 'tiktok', other.export('c.json', videos(3, -20)))).status).toBe(0);
    expect(existsSync(path.join(other.dataDir, '.restore'))).toBe(false);
    other.remove();
  });

  it('ends an interrupted export as one that failed: what was written is no whole collection', async () => {
    const ran = await world.runWith(
      {
        onText: (written) => {
          if (written.split('\n').length === 3) world.signal('SIGTERM');
        },
      },
      'export',
    );
    expect(ran.status).toBe(1);
    expect(ran.stdout.trim().split('\n').length).toBeLessThan(all.length);
    expect(ran.stderr).not.toBe('');
  });

  it('refuses to export what there cannot be', async () => {
    const ran = await world.runWith({}, 'export', '--provider', 'tiktoc');
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toContain("'tiktoc' is no provider");
  });

  it('exports everything active', async () => {
    const lines = (await world.runWith({}, 'export')).stdout.trim().split('\n');
    expect(lines).toHaveLength(30);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ provider: 'tiktok', state: 'active' });
    expect((await world.runWith({}, 'export', '--format', 'netscape')).stdout).toMatch(
      /^<!DOCTYPE NETSCAPE-Bookmark-file-1>[\s\S]*<A HREF="https:\/\/www\.tiktok\.com[^]*<\/DL><p>\n$/,
    );
  });

  it('pauses, disconnects and erases an account', async () => {
    expect((await world.run('pause', 'tiktok')).json()).toMatchObject({ provider: 'tiktok', user: 'me' });
    expect((await world.run('status')).json<{ accounts: object[] }>().accounts).toMatchObject([{ paused: true }]);
    expect((await world.run('resume', 'tiktok')).status).toBe(0);
    expect((await world.run('disconnect', 'tiktok', '--erase')).json()).toMatchObject({ erased: 30 });
    expect(bytesHold(world.dataDir, 'sharpening')).toEqual([]);
  });
});

describe('held removals', () => {
  const world = new CliWorld();
  const all = videos(60);
  afterAll(() => world.remove());

  it('wait for a person: approved ones go, rejected ones stay and are pinned', async () => {
    await world.run('import', 'tiktok', world.export('a.json', all));
    const newest = videos(1, -5);
    const report = (
      await world.run('import', 'tiktok', world.export('b.json', [...newest, ...all.slice(0, 25), ...all.slice(-10)]))
    ).json<Imported>();
    expect(report).toMatchObject({ removed: 0, held: 25 });
    const { held } = (await world.run('held')).json<{
      held: {
        id: string;
        count: number;
        reason: string;
        items: { title: string }[];
        scope: string;
        createdAt: string;
      }[];
    }>();
    expect(held).toMatchObject([
      {
        count: 25,
        scope: 'tiktok/me/favorites',
        reason: expect.stringContaining('25 of 60'),
        createdAt: expect.any(String),
      },
    ]);
    expect(held[0]?.items[0]?.title).toContain('part');
    const id = held[0]?.id ?? '';
    expect((await world.run('held', 'reject', 'nothing-like-it')).status).toBe(2);
    expect((await world.run('held', 'reject', id.slice(0, 8))).json()).toMatchObject({ id, rejected: 25 });
    expect((await world.run('held')).json()).toEqual({ held: [] });
    expect((await world.run('status')).json<{ accounts: object[] }>().accounts).toMatchObject([
      { pinned: 25, active: 61, held: 0 },
    ]);
  });

  it('go when approved', async () => {
    const other = new CliWorld();
    await other.run('import', 'tiktok', other.export('a.json', all));
    await other.run(
      'import',
      'tiktok',
      other.export('b.json', [...videos(1, -5), ...all.slice(0, 25), ...all.slice(-10)]),
    );
    const [group] = (await other.run('held')).json<{ held: { id: string }[] }>().held;
    expect((await other.run('held', 'approve', group?.id ?? '')).json()).toMatchObject({ approved: 25 });
    expect((await other.run('items', '--state', 'trash')).json<{ items: object[] }>().items).toHaveLength(25);
    other.remove();
  });
});
