import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { Deployment, type Servers, startServers } from './deployment.test-support.ts';
import { endOf } from './ends.test-support.ts';
import { Story } from './story.test-support.ts';
import { DAYS, World } from './world.test-support.ts';

jest.setTimeout(300_000);

describeWithParts(
  'one story, embedded and on machines that share nothing but servers',
  ['kafka', 'registry', 'couchbase'],
  () => {
    let servers: Servers;
    beforeAll(async () => {
      servers = await startServers();
    });
    afterAll(() => servers.end());

    it('ends alike, and is explained alike', async () => {
      const alone = await World.begin();
      const embedded = Deployment.embedded(alone.environment);
      const shared = await World.begin();
      const distributed = Deployment.distributed(shared.environment, servers.environment('calm.'));
      try {
        const told = [];
        for (const [world, on] of [
          [alone, embedded],
          [shared, distributed],
        ] as const) {
          await on.start();
          const story = new Story(world, on);
          await story.begin();
          for (let day = 0; day < DAYS; day++) await story.day(day);
          told.push(await endOf(on));
          // A text that one machine has embedded is embedded by no other (law 9).
          const again = [...world.embedded].filter(([, times]) => times > 1);
          expect(again).toEqual([]);
          await Promise.all(on.machines.map((machine) => machine.stop()));
        }
        const [first, second] = told;
        expect(Object.keys(first?.explanations ?? {}).length).toBeGreaterThan(500);
        expect(first?.deadLetters).toBe(0);
        expect(second).toEqual(first);
      } finally {
        await Promise.all([embedded.remove(), distributed.remove(), alone.end(), shared.end()]);
      }
    });
  },
);
