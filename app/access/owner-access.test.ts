import { beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import { MemoryMetadataStore } from '../../testing/memory-metadata/memory-metadata-store.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { OwnerAccess, SESSION_LIMITS } from './owner-access.ts';
import { hashPassword, isPassword } from './password-hash.ts';

const PASSWORD = 'correct horse battery';
const OWNER = { method: 'link', user: 'owner', admittedBy: null } as const;

describe('the password, sessions and links', () => {
  let clock: VirtualClock;
  let metadata: MemoryMetadataStore;
  let access: OwnerAccess;
  beforeEach(() => {
    clock = new VirtualClock();
    metadata = new MemoryMetadataStore();
    access = new OwnerAccess({ metadata, clock });
  });

  it('logs in with the password alone, as every other process sees it', async () => {
    expect(await access.hasPassword()).toBe(false);
    expect(await access.logIn('')).toBeNull();
    await access.setPassword(PASSWORD);
    const other = new OwnerAccess({ metadata, clock });
    expect(await other.hasPassword()).toBe(true);
    expect(await other.logIn(`${PASSWORD}!`)).toBeNull();
    const secret = (await other.logIn(PASSWORD)) ?? '';
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(await access.findSession(secret)).toEqual({ ...OWNER, method: 'password' });
    expect(await access.findSession(`${secret}x`)).toBeNull();
  });

  it('stores neither passwords nor secrets, only hashes of them', async () => {
    await access.setPassword(PASSWORD);
    const session = (await access.logIn(PASSWORD)) ?? '';
    const link = await access.createLink();
    const stored = JSON.stringify(await metadata.list(''));
    expect(stored).toContain('access:session:');
    for (const secret of [PASSWORD, session, link.secret]) expect(stored).not.toContain(secret);
  });

  it('refuses a password that is too short or too long', async () => {
    await expect(access.setPassword('123456789')).rejects.toThrow(InputError);
    await expect(access.setPassword('x'.repeat(1_001))).rejects.toThrow(InputError);
  });

  it.each([
    ['another password', () => access.setPassword('another password')],
    ['none', () => access.removePassword()],
  ])('ends all sessions and links where the password becomes %s', async (_what, change) => {
    await access.setPassword(PASSWORD);
    const sessions = [await access.logIn(PASSWORD), await access.createSession(OWNER)];
    const link = await access.createLink();
    expect(await change()).toBe(2);
    for (const session of sessions) expect(await access.findSession(session ?? '')).toBeNull();
    expect(await access.useLink(link.secret)).toBe(false);
    expect(await access.logIn(PASSWORD)).toBeNull();
  });

  it('ends a session that is begun with the old password while it changes', async () => {
    await access.setPassword(PASSWORD);
    let change: Promise<unknown> | undefined;
    // The metadata as a login sees it that has just read the old password.
    class SlowMetadata extends MemoryMetadataStore {
      override async get(key: string): ReturnType<MemoryMetadataStore['get']> {
        const document = await metadata.get(key);
        if (key === 'access:password') await (change ??= access.setPassword('another password'));
        return document;
      }
      override list = (prefix: string): ReturnType<MemoryMetadataStore['list']> => metadata.list(prefix);
      override compareAndSet = (...args: Parameters<MemoryMetadataStore['compareAndSet']>): Promise<string | null> =>
        metadata.compareAndSet(...args);
    }
    const slow = new SlowMetadata();
    const secret = (await new OwnerAccess({ metadata: slow, clock }).logIn(PASSWORD)) ?? '';
    expect(secret).not.toBe('');
    expect(await access.findSession(secret)).toBeNull();
  });

  it('ends a session that is idle, or old, or whose owner leaves', async () => {
    const [idle, used, left] = [
      await access.createSession(OWNER),
      await access.createSession(OWNER),
      await access.createSession(OWNER),
    ];
    await access.endSession(left);
    expect(await access.findSession(left)).toBeNull();
    const step = SESSION_LIMITS.idleMs - 1;
    for (let passed = step; passed < SESSION_LIMITS.absoluteMs; passed += step) {
      await clock.advance(step);
      expect(await access.findSession(used)).toEqual(OWNER);
    }
    expect(await access.findSession(idle)).toBeNull();
    await clock.advance(step);
    expect(await access.findSession(used)).toBeNull();
  });

  it('drops what has ended when somebody logs in', async () => {
    await access.createSession(OWNER);
    await access.createLink();
    await clock.advance(SESSION_LIMITS.absoluteMs);
    await access.createSession(OWNER);
    expect(await metadata.list('access:')).toHaveLength(1);
  });

  it('lets a link in once, whoever asks at the same time, and not after ten minutes', async () => {
    const link = await access.createLink();
    const other = new OwnerAccess({ metadata, clock });
    const used = await Promise.all([access, other, access].map((each) => each.useLink(link.secret)));
    expect(used.filter(Boolean)).toHaveLength(1);
    const late = await access.createLink();
    expect(late.expiresAt - clock.now()).toBe(600_000);
    await clock.advance(600_000);
    expect(await access.useLink(late.secret)).toBe(false);
    expect(await access.useLink('')).toBe(false);
  });
});

describe('the hash of a password', () => {
  it('is salted, and takes the same letters however they were typed', async () => {
    const [one, two] = [await hashPassword('pâté de campagne'), await hashPassword('pâté de campagne')];
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$/);
    expect(one).not.toBe(two);
    expect(await isPassword('pâté de campagne'.normalize('NFD'), one)).toBe(true);
    expect(await isPassword('pate de campagne', one)).toBe(false);
    expect(await isPassword('pâté de campagne', 'plain$pâté de campagne')).toBe(false);
  });
});
