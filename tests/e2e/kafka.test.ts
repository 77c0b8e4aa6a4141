import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';
import { describeWithParts } from '../../testing/stack/real-parts.ts';

describeWithParts('the log on Kafka with a registry', ['kafka', 'registry'], (environment) => {
  let embedded: CliWorld;
  let kafka: CliWorld;
  let elsewhere: CliWorld;
  const worlds = (): readonly CliWorld[] => [embedded, kafka, elsewhere];

  beforeEach(() => {
    const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = environment();
    const prefix = `e2e-${process.pid}-${Date.now()}.`;
    const env = { HOARDARR_EVENT_LOG: 'kafka', HOARDARR_TOPIC_PREFIX: prefix, KAFKA_BROKERS, SCHEMA_REGISTRY_URL };
    embedded = new CliWorld();
    kafka = new CliWorld(env);
    elsewhere = new CliWorld(env);
  });
  afterEach(() => {
    for (const world of worlds()) world.remove();
  });

  const digestOf = async (world: CliWorld): Promise<unknown> => {
    const [account] = (await world.run('status')).json<{ accounts: { digest: string }[] }>().accounts;
    return account?.digest;
  };

  it('ends in the collection that the embedded log ends in, here and where only the log is known', async () => {
    const first = await kafka.run('import', 'tiktok', kafka.export('a.json', videos(5)));
    expect(first.status).toBe(2);
    expect(first.stdout).toContain('schemas register');
    expect((await kafka.run('schemas', 'register')).status).toBe(0);

    const reports = [];
    for (const world of [embedded, kafka]) {
      const words = ['import', 'tiktok'];
      expect((await world.run(...words, world.export('a.json', videos(40)))).json()).toMatchObject({ new: 40 });
      const newer = world.export('b.json', videos(45).toSpliced(3, 2));
      reports.push((await world.run(...words, newer, '--as-of', '2025-07-01')).json());
    }
    expect(reports[1]).toEqual({ ...reports[0], syncId: expect.any(String) });
    expect(reports[1]).toMatchObject({ converged: true });
    const digest = await digestOf(embedded);
    expect(await digestOf(kafka)).toBe(digest);
    expect((await kafka.run('search', 'sourdough')).json()).toMatchObject({ mode: 'hybrid' });
    expect((await kafka.run('rebuild')).json()).toMatchObject({ match: true, embeddingCalls: 0 });
    // Another machine with the same log makes the same of it.
    expect((await elsewhere.run('rebuild')).json()).toMatchObject({ digestAfter: expect.any(String) });
    expect(await digestOf(elsewhere)).toBe(digest);
  });

  it('does not take a data folder of another log', async () => {
    await embedded.run('import', 'tiktok', embedded.export('a.json', videos(2)));
    await kafka.run('schemas', 'register');
    await kafka.run('status');
    const { stdout } = await kafka.runWith({ json: true }, 'status', '--data-dir', embedded.dataDir);
    expect(stdout).toContain('has an embedded log');
  });
});
