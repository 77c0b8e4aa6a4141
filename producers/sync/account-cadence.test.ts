import { expect, it } from '@jest/globals';
import { ProducerWorld } from '../../testing/producer-world.ts';
import { newSyncMetadata } from '../sync-metadata.ts';
import { DEFAULT_CADENCE } from './cadence.ts';
import { Scheduler } from './scheduler.ts';

const HOUR_MS = 3_600_000;

it.each([
  { user: 'me', cadenceMs: null, between: 900_000 },
  { user: 'seldom', cadenceMs: 24 * HOUR_MS, between: 24 * HOUR_MS },
  { user: 'often', cadenceMs: 60_000, between: 60_000 },
])(
  'an account with a cadence of $cadenceMs ms is asked for every $between ms',
  async ({ user, cadenceMs, between }) => {
    const world = new ProducerWorld();
    const { log, codec, metadata, clock, random, telemetry } = world;
    const account = { provider: 'github', user };
    await metadata.compareAndSet(`github:${user}`, null, {
      ...newSyncMetadata(account),
      credentialKind: 'token',
      login: '1',
      cadenceMs,
    });
    const deps = { log, codec, metadata, clock, random, telemetry };
    const scheduler = new Scheduler({ ...deps, cadence: DEFAULT_CADENCE, providers: ['github'] });
    const looks: number[] = [];
    for (const part of [0, 0.9, 0.2, 0.8, 0.3]) {
      clock.aheadMs += part * between;
      looks.push(await scheduler.look());
    }
    expect(looks).toEqual([1, 0, 1, 0, 1]);
  },
);
