import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { App } from '../app/app.ts';
import { loadConfig } from '../app/config.ts';
import { openApp } from '../app/open-app.ts';
import { createTelemetry } from '../app/telemetry.ts';
import { disconnect } from '../app/use-cases/accounts.ts';
import { connect } from '../app/use-cases/connect.ts';
import { listDeadLetters } from '../app/use-cases/dead-letters.ts';
import { syncAccount } from '../app/use-cases/sync.ts';
import { accountName, recordKey, SLOT } from '../core/keys.ts';
import { FakeGitHub } from '../testing/fake-github/fake-github.ts';
import { CliWorld } from './run-cli.test-helper.ts';

const ACCOUNT = { provider: 'github', user: 'me' };
const ROW = 'a private text in a row that names no item';
const RECORD = 'a private text in a record that nobody can read';

let github: FakeGitHub;
let world: CliWorld;
let app: App;
beforeEach(async () => {
  github = await new FakeGitHub().listen();
  const me = github.world.login(7, 'me-myself', 'github_pat_invented');
  for (let id = 1; id <= 3; id++) github.world.star(me, id);
  github.before = ({ url }) =>
    url.pathname.endsWith('/starred')
      ? (reply) => {
          if (reply.status !== 200) return reply;
          const rows = JSON.parse(reply.body) as unknown[];
          rows.push({ starred_at: '2020-01-01T00:00:00Z', repo: { description: ROW } });
          return { ...reply, body: JSON.stringify(rows) };
        }
      : undefined;
  world = new CliWorld({ GITHUB_API_URL: github.origin });
  app = await openApp(
    loadConfig({ dataDir: world.dataDir }, world.env),
    createTelemetry({ level: 'silent', secrets: [] }),
  );
  const { signal } = new AbortController();
  await connect(app, { ...ACCOUNT, how: { by: 'token', token: 'github_pat_invented' }, signal });
});
afterEach(async () => {
  await app.close();
  await github.close();
  world.remove();
});

/** Files of the data folder that hold a text. */
const holding = (text: string): readonly string[] =>
  readdirSync(world.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(path.join(entry.parentPath, entry.name)).includes(text))
    .map((entry) => entry.name);

it('leaves no dead letter of an account that is erased, whatever it is of, and every one of others', async () => {
  const partition = app.log.partitionOf(accountName(ACCOUNT));
  const poison = (user: string, slot: string) => ({
    key: recordKey({ ...ACCOUNT, user }, 'starred', slot, 'an-event'),
    value: Buffer.from(`${RECORD} of ${user}`),
  });
  await app.log.append('ingest', partition, [poison('me', '999'), poison('me', SLOT.chunk), poison('me-too', '999')]);
  expect(await syncAccount(app, { ...ACCOUNT, full: true })).toMatchObject({ new: 3 });
  expect((await listDeadLetters(app)).map(({ stage }) => stage).sort()).toEqual([
    'embed',
    'embed',
    'embed',
    'producer',
  ]);
  expect(holding(ROW)).not.toEqual([]);
  expect(await disconnect(app, 'github', 'me', true)).toMatchObject({ erased: 4 });
  expect((await listDeadLetters(app)).map(({ key }) => key)).toEqual([poison('me-too', '999').key]);
  expect(holding(ROW)).toEqual([]);
  expect(holding(`${RECORD} of me-too`)).not.toEqual([]);
  // What is of no item stays in the log, as ids and snapshots do.
  const kept = (await app.log.read('ingest', partition, 0)).filter(({ key }) => key.includes('an-event'));
  expect(kept.filter(({ value }) => value !== null).map(({ key }) => key)).toEqual([
    poison('me', SLOT.chunk).key,
    poison('me-too', '999').key,
  ]);
});
