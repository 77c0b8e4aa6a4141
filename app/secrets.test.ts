import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { isKeyFileExposed, KeyRing, keyFile, newEncryptionKey, readKeyFile, writeKeyFile } from './secrets.ts';

describe('the key ring', () => {
  const [old, next] = [newEncryptionKey(), newEncryptionKey()];

  it('decrypts what it encrypted, each time another text, with the id of its key', () => {
    const ring = new KeyRing([old]);
    const [a, b] = [ring.encrypt('token', 'reddit:me:accessToken'), ring.encrypt('token', 'reddit:me:accessToken')];
    expect(a).not.toBe(b);
    expect(a).toMatch(new RegExp(`^v1\\.${ring.keyId}\\.[A-Za-z0-9_-]+$`));
    expect(ring.decrypt(a, 'reddit:me:accessToken')).toBe('token');
  });

  it('refuses another context, another key, and every changed byte', () => {
    const ring = new KeyRing([old]);
    const encrypted = ring.encrypt('token', 'reddit:me:accessToken');
    expect(() => ring.decrypt(encrypted, 'reddit:you:accessToken')).toThrow('cannot be decrypted');
    expect(() => new KeyRing([next]).decrypt(encrypted, 'reddit:me:accessToken')).toThrow('another key');
    const [version, id, body = ''] = encrypted.split('.');
    const bytes = Buffer.from(body, 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(() =>
        ring.decrypt(`${version}.${id}.${changed.toString('base64url')}`, 'reddit:me:accessToken'),
      ).toThrow();
    }
    expect(() => ring.decrypt('v1.x', 'c')).toThrow();
  });

  it('reads with an older key what it writes with the newest', () => {
    const both = new KeyRing([next, old]);
    const before = new KeyRing([old]).encrypt('token', 'c');
    expect(both.decrypt(before, 'c')).toBe('token');
    expect(both.isCurrent(before)).toBe(false);
    expect(both.isCurrent(both.encrypt('token', 'c'))).toBe(true);
  });
});

describe('the key file', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner alone, and replaced as a whole', () => {
    const [first] = readKeyFile(folder);
    expect(readKeyFile(folder)).toEqual([first]);
    expect(statSync(keyFile(folder)).mode & 0o777).toBe(0o600);
    expect(isKeyFileExposed(folder)).toBe(false);
    const next = newEncryptionKey();
    writeKeyFile(folder, [next, first ?? '']);
    expect(readKeyFile(folder)).toEqual([next, first]);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
