import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { InputError } from '../core/errors.ts';
import { DATA_FILES } from './data-folder.ts';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Encrypts tokens at rest with AES-256-GCM (law 12). What is encrypted reads `v1.KEYID.BASE64URL(nonce, ciphertext, tag)`;
 * `context` (account and field) is authenticated with it, so that it cannot be moved to another document.
 */
export class KeyRing {
  readonly #read: () => readonly Key[];
  #keys: readonly Key[];

  /**
   * The first key encrypts; all of them decrypt. Each is 32 bytes in base64. Where they come from a function, it is asked again
   * before a token is encrypted or given up: another process may have changed the key meanwhile.
   */
  constructor(keys: readonly string[] | (() => readonly string[])) {
    this.#read = () => (typeof keys === 'function' ? keys() : keys).map(toKey);
    this.#keys = this.#read();
  }

  get keyId(): string {
    return this.#current().id;
  }

  encrypt(plain: string, context: string): string {
    this.#keys = this.#read();
    const { id, bytes } = this.#current();
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(context));
    const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${VERSION}.${id}.${body.toString('base64url')}`;
  }

  /** Throws InputError where the key is another one, or what was encrypted was changed or moved. */
  decrypt(encrypted: string, context: string): string {
    const [version, id, body = ''] = encrypted.split('.');
    if (!this.#keys.some((candidate) => candidate.id === id)) this.#keys = this.#read();
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (version !== VERSION || key === undefined) {
      throw new InputError(
        `a token was encrypted with another key (${id ?? 'unknown'}): bring that key back, or connect the account again`,
      );
    }
    const bytes = Buffer.from(body, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, NONCE_BYTES)).setAAD(
      Buffer.from(context),
    );
    try {
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
      return Buffer.concat([plain, decipher.final()]).toString('utf8');
    } catch {
      throw new InputError('a token cannot be decrypted: its document was changed, or belongs to another account');
    }
  }

  /** Whether the first key encrypted it. */
  isCurrent(encrypted: string): boolean {
    return encrypted.startsWith(`${VERSION}.${this.keyId}.`);
  }

  #current(): Key {
    const [key] = this.#keys;
    if (key === undefined) throw new InputError('there is no encryption key');
    return key;
  }
}

function toKey(key: string): Key {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== KEY_BYTES) throw new InputError('an encryption key must be 32 bytes in base64');
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
}

export function newEncryptionKey(): string {
  return randomBytes(KEY_BYTES).toString('base64');
}

export function keyFile(dataDir: string): string {
  return path.join(dataDir, DATA_FILES.key);
}

/** The keys of the key file, the current one first; makes the file (mode 0600) where it is missing. */
export function readKeyFile(dataDir: string): readonly string[] {
  const file = keyFile(dataDir);
  if (!existsSync(file)) createKeyFile(file, [newEncryptionKey()]);
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const keys = typeof parsed === 'object' && parsed !== null && 'keys' in parsed ? parsed.keys : null;
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => typeof key === 'string')) {
    throw new InputError(`${file} holds no key: restore it from a backup`);
  }
  return keys;
}

/** Replaces the key file as a whole. */
export function writeKeyFile(dataDir: string, keys: readonly string[]): void {
  const file = keyFile(dataDir);
  renameSync(writeDraft(file, keys), file);
}

/** Null where the file is missing; else whether others may read it. */
export function isKeyFileExposed(dataDir: string): boolean | null {
  const file = keyFile(dataDir);
  if (!existsSync(file)) return null;
  return process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0;
}

/** Of two processes that create it at once, the first wins: its key may be in use already. */
function createKeyFile(file: string, keys: readonly string[]): void {
  const draft = writeDraft(file, keys);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDraft(file: string, keys: readonly string[]): string {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, `${JSON.stringify({ keys })}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(draft, 0o600);
  return draft;
}
