import { beforeEach, describe, expect, it } from '@jest/globals';
import { FencedError } from '../../core/errors.ts';
import type { Secrets } from '../../core/ports/secrets.ts';
import { ProducerWorld } from '../../testing/producer-world.ts';
import { ScriptedSource } from '../../testing/scripted-source.ts';
import { connectedMetadata } from '../credentials.ts';
import { UntoldRunError } from '../run.ts';
import { newSyncMetadata, syncMetadataKey } from '../sync-metadata.ts';
import { DEFAULT_CADENCE } from './cadence.ts';
import { executeConnected } from './connected-run.ts';

const account = { provider: 'github', user: 'me' };
const command = { eventId: 'command', user: 'me', causedBy: null };
const secrets: Secrets = { encrypt: (plain) => plain, decrypt: (encrypted) => encrypted };
const credentials = { kind: 'token', accessToken: 'good', refreshToken: null, expiresAt: null } as const;

describe('a command whose run fails', () => {
  let world: ProducerWorld;
  beforeEach(async () => {
    world = new ProducerWorld();
    const connected = { login: 'login-1', loginName: 'me', credentials };
    await world.metadata.compareAndSet(syncMetadataKey(account), null, {
      ...newSyncMetadata(account),
      ...connectedMetadata(secrets, account, connected, world.clock.now()),
    });
  });

  const execute = (work: () => Promise<never>): Promise<void> => {
    const deps = Object.assign(Object.create(world) as ProducerWorld, { secrets, cadence: DEFAULT_CADENCE });
    const { signal } = new AbortController();
    return executeConnected(deps, new ScriptedSource().provider(), command, 'full', signal, work);
  };
  const ends = async (): Promise<unknown[]> =>
    (await world.ingest(account)).filter(({ type }) => type === 'SyncFinished').map(({ value }) => value);

  it('is done where the log says so, for whoever waits', async () => {
    await execute(() => Promise.reject(new Error('page 7 failed')));
    expect(await ends()).toMatchObject([{ status: 'aborted', error: 'page 7 failed' }]);
  });

  it('tells what it cost until then', async () => {
    await execute(() => Promise.reject(new Error('page 7 failed')));
    const counts = { requests: expect.any(Number), rateLimitWaitMs: expect.any(Number) };
    expect(await ends()).toMatchObject([{ status: 'aborted', counts }]);
  });

  it('is to be executed again where the log could not be told', async () => {
    const run = execute(() => {
      for (let time = 0; time < world.limits.appendAttempts; time++) world.log.failAppends('ingest', 'refuse');
      return Promise.reject(new Error('page 7 failed'));
    });
    await expect(run).rejects.toThrow(UntoldRunError);
    expect(await ends()).toEqual([]);
  });

  it('is to be executed again where another run took over', async () => {
    const run = execute(() => Promise.reject(new FencedError('another run took over')));
    await expect(run).rejects.toThrow(FencedError);
    expect(await ends()).toEqual([]);
  });
});
