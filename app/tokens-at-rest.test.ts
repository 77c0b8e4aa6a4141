import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld } from '../cli/run-cli.test-helper.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import { FakeGitHub } from '../testing/fake-github/fake-github.ts';
import { FakeReddit } from '../testing/fake-reddit/fake-reddit.ts';
import type { App } from './app.ts';
import { loadConfig } from './config.ts';
import { openApp } from './open-app.ts';
import { PauseLock } from './pause-lock.ts';
import { KeyRing, newEncryptionKey, readKeyFile } from './secrets.ts';
import { createTelemetry } from './telemetry.ts';
import { disconnect } from './use-cases/accounts.ts';
import { connect } from './use-cases/connect.ts';
import { rotateKeys } from './use-cases/rotate-keys.ts';
import { syncAccount } from './use-cases/sync.ts';

const TOKEN = 'github_pat_invented';
const REFRESH = 'invented-refresh-token';
const FIELDS = ['accessToken', 'refreshToken'] as const;

describe('tokens at rest', () => {
  let world: CliWorld;
  let github: FakeGitHub;
  let reddit: FakeReddit;
  let app: App;
  let env: Record<string, string>;

  const open = (more: Readonly<Record<string, string>> = {}): Promise<App> =>
    openApp(
      loadConfig({ dataDir: world.dataDir }, { ...world.env, ...env, ...more }),
      createTelemetry({ level: 'silent', secrets: [] }),
    );
  const reopen = async (more: Readonly<Record<string, string>> = {}): Promise<void> => {
    await app.close();
    app = await open(more);
  };
  /** The encrypted tokens of both accounts, as they stand in the metadata. */
  const stored = async (): Promise<readonly string[]> => {
    const documents = [...(await app.metadata.list('github:')), ...(await app.metadata.list('reddit:'))];
    return documents.flatMap(({ value }) =>
      FIELDS.flatMap((field) => (value as Record<string, string | null>)[field] ?? []),
    );
  };
  const holding = (text: string): readonly string[] =>
    readdirSync(world.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && readFileSync(path.join(entry.parentPath, entry.name)).includes(text))
      .map((entry) => entry.name);
  const syncBoth = async (): Promise<void> => {
    for (const provider of ['github', 'reddit'])
      expect(await syncAccount(app, { provider, user: 'me', full: true })).toMatchObject({ error: null });
  };

  beforeEach(async () => {
    world = new CliWorld();
    [github, reddit] = [await new FakeGitHub().listen(), await new FakeReddit().listen()];
    github.world.star(github.world.login(7, 'me-myself', TOKEN), 1);
    const redditor = reddit.world.redditor('2abc', 'me_myself', REFRESH);
    reddit.world.save(redditor, reddit.world.thing(0).name);
    env = {
      GITHUB_API_URL: github.origin,
      REDDIT_API_URL: reddit.origin,
      REDDIT_AUTH_URL: reddit.origin,
      REDDIT_CLIENT_ID: reddit.clientId,
      REDDIT_CLIENT_SECRET: reddit.clientSecret,
    };
    app = await open();
    await connectBoth();
  });
  const connectBoth = async (): Promise<void> => {
    const { signal } = new AbortController();
    await connect(app, { provider: 'github', user: 'me', how: { by: 'token', token: TOKEN }, signal });
    await connect(app, { provider: 'reddit', user: 'me', how: { by: 'token', token: REFRESH }, signal });
  };
  afterEach(async () => {
    await app.close();
    await Promise.all([github.close(), reddit.close()]);
    world.remove();
  });

  it('are gone from the bytes once the accounts are disconnected', async () => {
    const tokens = await stored();
    expect(tokens).toHaveLength(3);
    for (const token of tokens) expect(holding(token)).not.toEqual([]);
    for (const provider of ['github', 'reddit']) await disconnect(app, provider, 'me', false);
    expect(await stored()).toEqual([]);
    for (const token of tokens) expect(holding(token)).toEqual([]);
  });

  it('are not rotated while a backup is made, whose key has to be that of its tokens', async () => {
    const lock = await PauseLock.take(app);
    await expect(rotateKeys(app)).rejects.toThrow('backed up');
    await lock.release();
    expect(await rotateKeys(app)).toMatchObject({ rotated: 3 });
  });

  it('are all of the new key after a rotation, with which syncing goes on, and the former one reads none', async () => {
    const [before = ''] = readKeyFile(world.dataDir);
    const tokens = await stored();
    const other = await open();
    expect(await rotateKeys(app)).toMatchObject({ rotated: 3 });
    for (const token of tokens) expect(holding(token)).toEqual([]);
    for (const token of await stored()) expect(() => new KeyRing([before]).decrypt(token, '')).toThrow('another key');
    // A process that has the folder open since before the rotation reads the new tokens too, and writes with the new key.
    reddit.world.accessTokens.clear();
    for (const provider of ['github', 'reddit'])
      expect(await syncAccount(other, { provider, user: 'me', full: true })).toMatchObject({ error: null });
    await other.close();
    await reopen();
    await syncBoth();
    expect(holding(before)).toEqual([]);
  });

  it('are readable after a rotation that broke off half way, which then is finished', async () => {
    const [before = ''] = readKeyFile(world.dataDir);
    const metadata: MetadataStore = {
      ...app.metadata,
      compareAndSet: async (key, expected, value) => {
        if (key.startsWith('github:')) throw new Error('the process is killed here');
        return app.metadata.compareAndSet(key, expected, value);
      },
    };
    await expect(rotateKeys({ ...app, metadata })).rejects.toThrow('killed here');
    expect(readKeyFile(world.dataDir)).toHaveLength(2);
    expect(new Set((await stored()).map((token) => token.split('.')[1])).size).toBe(2);
    await reopen();
    await syncBoth();
    // Those that were renewed or done already are of the key in the middle.
    expect(await rotateKeys(app)).toMatchObject({ rotated: 3 });
    expect(readKeyFile(world.dataDir)).toHaveLength(1);
    expect(readKeyFile(world.dataDir)).not.toContain(before);
    await reopen();
    await syncBoth();
  });

  it('go from one key of the environment to the next', async () => {
    const [first, second] = [newEncryptionKey(), newEncryptionKey()];
    await reopen({ HOARDARR_ENCRYPTION_KEY: first });
    await connectBoth();
    await expect(rotateKeys(app)).rejects.toThrow('HOARDARR_ENCRYPTION_KEY_OLD');
    await reopen({ HOARDARR_ENCRYPTION_KEY: second, HOARDARR_ENCRYPTION_KEY_OLD: first });
    await syncBoth();
    expect(await rotateKeys(app)).toMatchObject({ rotated: 3 });
    await reopen({ HOARDARR_ENCRYPTION_KEY: second });
    await syncBoth();
    await reopen({ HOARDARR_ENCRYPTION_KEY: first });
    expect(await syncAccount(app, { provider: 'github', user: 'me' })).toMatchObject({
      error: expect.stringContaining('another key'),
      needsReauth: false,
    });
  });
});
