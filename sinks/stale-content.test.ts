import { describe, expect, it } from '@jest/globals';
import { Scenario } from '../testing/scenario/scenario.ts';

const HOUR_MS = 3_600_000;
const hashOf = (text: string): string => text.padEnd(22, '.');

/** A collection of one item, and a snapshot that shows that its document changed; what it asked for is given up. */
async function withStale(): Promise<Scenario> {
  const scenario = new Scenario();
  const first = scenario.run('full');
  first.item('a', { documentHash: hashOf('old') });
  first.snapshot([{ id: 'a', hash: 'old' }]);
  first.finish();
  await scenario.settle();
  const second = scenario.run('full');
  second.snapshot([{ id: 'a', hash: 'new' }]);
  second.finish();
  await scenario.settle();
  return scenario;
}

async function syncAgain(scenario: Scenario): Promise<void> {
  scenario.now += HOUR_MS;
  const run = scenario.run('full');
  run.snapshot([{ id: 'a', hash: 'new' }], { digestOnly: true });
  run.finish();
  await scenario.settle();
}

const asked = (scenario: Scenario): number => scenario.commands.filter(({ type }) => type === 'BackfillCommand').length;

describe('content that changed at the source and did not come', () => {
  it('is asked for again by later snapshots, also where these say that nothing changed since', async () => {
    const scenario = await withStale();
    expect(asked(scenario)).toBe(1);
    await syncAgain(scenario);
    await syncAgain(scenario);
    expect(asked(scenario)).toBe(3);
  });

  it('is asked for no more once it has come', async () => {
    const scenario = await withStale();
    const backfill = scenario.run('backfill');
    backfill.item('a', { documentHash: hashOf('new'), text: 'the newer text' });
    backfill.finish();
    await syncAgain(scenario);
    expect(asked(scenario)).toBe(1);
    expect(await scenario.row('a')).toMatchObject({ stale: false, content: 'full' });
  });

  it('is asked for with growing waits while its source does not show it', async () => {
    const scenario = await withStale();
    for (let tries = 0; tries < 3; tries++) {
      const backfill = scenario.run('backfill');
      backfill.item('a', { content: 'failed' });
      backfill.finish();
      await scenario.settle();
    }
    const before = asked(scenario);
    scenario.now -= HOUR_MS - 1;
    await syncAgain(scenario);
    expect(asked(scenario)).toBe(before);
    expect(await scenario.row('a')).toMatchObject({ stale: true, content: 'full' });
  });
});
