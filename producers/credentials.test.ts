import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Credentials } from '../core/ports/provider.ts';
import type { Secrets } from '../core/ports/secrets.ts';
import { ProducerWorld } from '../testing/producer-world.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { AccountCredentials, type CredentialDeps, connectedMetadata } from './credentials.ts';
import { changeSyncMetadata, newSyncMetadata, readSyncMetadata, syncMetadataKey } from './sync-metadata.ts';

const account = { provider: 'reddit', user: 'me' };
const key = syncMetadataKey(account);
const signal = new AbortController().signal;

/** The same text never looks the same twice, as with a random nonce. */
let nonces = 0;
const secrets: Secrets = {
  encrypt: (plain, context) => `${++nonces} ${context} ${plain}`,
  decrypt: (encrypted, context) => encrypted.slice(encrypted.indexOf(context) + context.length + 1),
};

function credentialsOf(n: number): Credentials {
  return { kind: 'oauth', accessToken: `access-${n}`, refreshToken: `refresh-${n}`, expiresAt: null };
}

describe('credentials that are renewed', () => {
  let world: ProducerWorld;
  let deps: CredentialDeps;
  beforeEach(async () => {
    world = new ProducerWorld();
    const { metadata, clock, random, telemetry } = world;
    deps = { metadata, clock, random, telemetry, instance: 'here', secrets };
    await connectWith(0);
  });

  const connectWith = async (n: number): Promise<void> => {
    const connected = { login: '1', loginName: 'me', credentials: credentialsOf(n) };
    const document = await world.metadata.get(key);
    const stored = readSyncMetadata(account, document?.value ?? newSyncMetadata(account));
    const changed = { ...stored, ...connectedMetadata(secrets, account, connected, world.clock.now()) };
    await world.metadata.compareAndSet(key, document?.version ?? null, changed);
  };
  const stored = async (): Promise<Credentials> => (await AccountCredentials.open(deps, account)).read();

  it('are renewed once where two processes need new ones at the same time: a refresh token counts only once', async () => {
    const holders = await Promise.all([0, 1, 2].map(() => AccountCredentials.open(deps, account)));
    const used: (string | null)[] = [];
    const renewal = async ({ refreshToken }: Credentials): Promise<Credentials> => {
      used.push(refreshToken);
      await world.clock.sleep(30);
      return credentialsOf(used.length);
    };
    const renewed = await Promise.all(holders.map((holder) => holder.renew(renewal, signal)));
    expect(used).toEqual(['refresh-0']);
    expect(renewed).toEqual([credentialsOf(1), credentialsOf(1), credentialsOf(1)]);
    expect(await stored()).toEqual(credentialsOf(1));
    // Whoever knows them may renew them again.
    await holders[0]?.renew(renewal, signal);
    expect(used).toEqual(['refresh-0', 'refresh-1']);
  });

  it('are kept where the key was changed while they were renewed', async () => {
    const holder = await AccountCredentials.open(deps, account);
    await holder.renew(async () => {
      await changeSyncMetadata(world.metadata, account, (metadata) => ({
        ...metadata,
        accessToken: secrets.encrypt('access-0', `${key}:accessToken`),
        refreshToken: secrets.encrypt('refresh-0', `${key}:refreshToken`),
      }));
      return credentialsOf(1);
    }, signal);
    expect(await stored()).toEqual(credentialsOf(1));
  });

  it.each([
    ['kept where the metadata are away just then, also by a run that was stopped', 60_000],
    ['given up where the metadata stay away for longer than a turn lasts', 3_600_000],
  ])('are %s: they may be the only ones that still count', async (_what, awayMs) => {
    const clock = new VirtualClock();
    const holder = await AccountCredentials.open({ ...deps, clock }, account);
    const stop = new AbortController();
    let ended = '';
    const renewal = async (): Promise<Credentials> => {
      world.metadata.unavailable = true;
      return credentialsOf(1);
    };
    const end = (how: string) => (): string => (ended = how);
    void holder.renew(renewal, stop.signal).then(end('kept'), end('given up'));
    void clock.sleep(awayMs).then(() => {
      stop.abort();
      world.metadata.unavailable = false;
    });
    await clock.runUntil(() => ended !== '');
    world.metadata.unavailable = false;
    expect([ended, await stored()]).toEqual(
      awayMs < 300_000 ? ['kept', credentialsOf(1)] : ['given up', credentialsOf(0)],
    );
  });

  it('give way to those that the account was connected with meanwhile', async () => {
    const holder = await AccountCredentials.open(deps, account);
    const late = holder.renew(async () => {
      await connectWith(7);
      return credentialsOf(1);
    }, signal);
    await expect(late).rejects.toThrow('connected again meanwhile');
    expect(await holder.isCurrent()).toBe(false);
    expect(await stored()).toEqual(credentialsOf(7));
    expect(await holder.renew(() => Promise.reject(new Error('not needed')), signal)).toEqual(credentialsOf(7));
  });

  const renewingBy = (instance: string, forMs: number): Promise<unknown> =>
    changeSyncMetadata(world.metadata, account, (metadata) => ({
      ...metadata,
      renewing: { holder: 'x', instance, expiresAt: world.clock.now() + forMs },
    }));

  it('do not wait for a renewal whose clock was far ahead', async () => {
    await renewingBy('alive', 86_400_000);
    const holder = await AccountCredentials.open({ ...deps, isGone: () => false }, account);
    expect(await holder.renew(async () => credentialsOf(2), signal)).toEqual(credentialsOf(2));
  });

  it('do not wait for a process that died, nor for a renewal that failed', async () => {
    await renewingBy('dead', 300_000);
    const holder = await AccountCredentials.open({ ...deps, isGone: (instance) => instance === 'dead' }, account);
    await expect(holder.renew(() => Promise.reject(new Error('no network')), signal)).rejects.toThrow('no network');
    const other = await AccountCredentials.open(deps, account);
    expect(await other.renew(async () => credentialsOf(2), signal)).toEqual(credentialsOf(2));
  });
});
