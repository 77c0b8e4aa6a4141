import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { RECORD_NAMES } from '../schemas/generated/records.ts';
import { describeWithParts } from '../testing/stack/real-parts.ts';
import { CliWorld } from './run-cli.test-helper.ts';

interface Subjects {
  readonly subjects: readonly { name: string; compatible: boolean; version: number; registered?: boolean }[];
}

describeWithParts('the schemas at a registry', ['registry'], (environment) => {
  let world: CliWorld;
  beforeEach(() => {
    const { SCHEMA_REGISTRY_URL = '' } = environment();
    world = new CliWorld({ SCHEMA_REGISTRY_URL, HOARDARR_TOPIC_PREFIX: `cli-${process.pid}-${Date.now()}.` });
  });
  afterEach(() => world.remove());

  it('are checked, and registered once', async () => {
    const check = (await world.run('schemas', 'check')).json<Subjects>().subjects;
    expect(check.length).toBeGreaterThan(RECORD_NAMES.length);
    expect(check.every(({ compatible, version }) => compatible && version === 1)).toBe(true);
    const first = (await world.run('schemas', 'register')).json<Subjects>().subjects;
    expect(first.map(({ registered }) => registered)).toEqual(check.map(() => true));
    const second = (await world.run('schemas', 'register')).json<Subjects>().subjects;
    expect(second.map(({ registered }) => registered)).toEqual(check.map(() => false));
  });

  it('say what is wrong where nobody answers', async () => {
    const lost = new CliWorld({ SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9/apis' });
    const { status, stdout } = await lost.run('schemas', 'check');
    expect(status).toBe(1);
    expect(stdout).toContain('the schema registry at http://127.0.0.1:9/apis cannot be asked');
    lost.remove();
  });
});
