import { InputError } from '../../core/errors.ts';
import { readSyncMetadata, syncMetadataKey } from '../../producers/sync-metadata.ts';
import type { App } from '../app.ts';
import { eraseFormerMetadata } from '../erase-metadata.ts';
import { reencryptTargets } from '../notify/targets.ts';
import { PauseLock } from '../pause-lock.ts';
import { KeyRing, newEncryptionKey, readKeyFile, writeKeyFile } from '../secrets.ts';
import { PROVIDERS } from './scopes.ts';

/** How many secrets were encrypted anew, and with which key. */
interface Rotated {
  readonly rotated: number;
  readonly keyId: string;
}

const FIELDS = ['accessToken', 'refreshToken'] as const;

/**
 * Law 12: encrypts every token with a new key. The key file holds both keys until all tokens are done, so that a crash in
 * between loses none; running the command again finishes it.
 */
export async function rotateKeys(app: App): Promise<Rotated> {
  // A backup takes the tokens first and the key last, which must be that of these tokens.
  const lock = await PauseLock.take(app);
  try {
    return await rotate(app);
  } finally {
    await lock.release();
  }
}

async function rotate(app: App): Promise<Rotated> {
  const { config } = app;
  if (config.encryptionKey !== null) {
    if (config.oldEncryptionKey === null) {
      throw new InputError(
        'the key comes from HOARDARR_ENCRYPTION_KEY: set that to a new one, set HOARDARR_ENCRYPTION_KEY_OLD to the present one, and run this again, while no process has only the former one',
      );
    }
    const ring = new KeyRing([config.encryptionKey, config.oldEncryptionKey]);
    const rotated = await reencrypt(app, ring);
    await eraseFormerMetadata(app);
    return { rotated, keyId: ring.keyId };
  }
  const old = readKeyFile(config.dataDir);
  const keys = [newEncryptionKey(), ...old];
  writeKeyFile(config.dataDir, keys);
  const ring = new KeyRing(keys);
  const rotated = await reencrypt(app, ring);
  // Former texts would still be readable with a key that became known.
  await eraseFormerMetadata(app);
  writeKeyFile(config.dataDir, keys.slice(0, 1));
  return { rotated, keyId: ring.keyId };
}

/** Until nothing is left: a process that was about to write with the former key may do so during the first round. */
async function reencrypt(app: App, ring: KeyRing): Promise<number> {
  for (let rotated = 0; ; ) {
    const round = await reencryptOnce(app, ring);
    rotated += round;
    if (round === 0) return rotated;
  }
}

async function reencryptOnce(app: App, ring: KeyRing): Promise<number> {
  let rotated = await reencryptTargets(app.metadata, ring);
  for (const provider of PROVIDERS) {
    for (const { key } of await app.metadata.list(`${provider}:`))
      rotated += await reencryptAccount(app, ring, provider, key.slice(provider.length + 1));
  }
  return rotated;
}

async function reencryptAccount(app: App, ring: KeyRing, provider: string, user: string): Promise<number> {
  const account = { provider, user };
  const key = syncMetadataKey(account);
  for (;;) {
    const document = await app.metadata.get(key);
    if (document === null) return 0;
    const metadata = readSyncMetadata(account, document.value);
    const changed: { accessToken?: string; refreshToken?: string } = {};
    for (const field of FIELDS) {
      const token = metadata[field];
      if (token === null || ring.isCurrent(token)) continue;
      const context = `${key}:${field}`;
      changed[field] = ring.encrypt(ring.decrypt(token, context), context);
    }
    const count = Object.keys(changed).length;
    if (count === 0 || (await app.metadata.compareAndSet(key, document.version, { ...metadata, ...changed })) !== null)
      return count;
  }
}
