import { afterEach, expect, it } from '@jest/globals';
import { CliWorld, videos } from './run-cli.test-helper.ts';

/** Where nobody listens: connections are refused at once. */
const NOBODY = '127.0.0.1:9';
const AWAY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'the schema registry': {
    HOARDARR_EVENT_LOG: 'kafka',
    KAFKA_BROKERS: NOBODY,
    SCHEMA_REGISTRY_URL: `http://${NOBODY}`,
  },
  'the store': {
    HOARDARR_STORE: 'couchbase',
    COUCHBASE_URL: `couchbase://${NOBODY}`,
    COUCHBASE_USERNAME: 'me',
    COUCHBASE_PASSWORD: 'of-nobody',
  },
};

let world: CliWorld;
afterEach(() => world.remove());

it.each(Object.entries(AWAY))('ends a command where %s stays away, and says so', async (what, env) => {
  world = new CliWorld({ ...env, LOG_LEVEL: 'warn' });
  world.patienceMs = 50;
  const { status, json, stderr } = await world.run('status');
  expect(status).toBe(1);
  expect(stderr).toContain(`${what} cannot be reached; waiting for it`);
  expect(json<{ error: string }>().error).toContain('cannot be');
});

it('has the doctor name what stays away', async () => {
  world = new CliWorld(AWAY['the schema registry']);
  world.patienceMs = 50;
  const { status, json } = await world.run('doctor');
  expect(status).toBe(1);
  expect(json<{ checks: object[] }>().checks).toContainEqual(
    expect.objectContaining({ name: 'event log and store', ok: false, detail: expect.stringContaining(NOBODY) }),
  );
});

it('moves no log to a Kafka that stays away, and goes on with the one that is there', async () => {
  world = new CliWorld({ KAFKA_BROKERS: NOBODY, SCHEMA_REGISTRY_URL: `http://${NOBODY}` });
  expect((await world.run('import', 'tiktok', world.export('a.json', videos(3)))).status).toBe(0);
  world.patienceMs = 2_000;
  const { status, json } = await world.run('migrate');
  expect({ status, ...json<{ error: string }>() }).toMatchObject({ status: 1, error: expect.stringContaining(NOBODY) });
  expect((await world.run('status')).json<{ accounts: object[] }>().accounts).toMatchObject([{ active: 3 }]);
});
