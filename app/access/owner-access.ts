import { createHash, randomBytes } from 'node:crypto';
import { InputError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { hashPassword, isPassword } from './password-hash.ts';

/** How somebody got a session. */
export type LoginMethod = 'password' | 'oidc' | 'link';

/** Who is behind a session. */
export interface SessionOwner {
  readonly method: LoginMethod;
  /** for people: who this is */
  readonly user: string;
  /** of OpenID Connect: the issuer, and the entry of HOARDARR_OIDC_ALLOWED that let them in; else null */
  readonly admittedBy: { readonly issuer: string; readonly entry: string } | null;
}

interface SessionDocument extends SessionOwner {
  /** of the password at that time: another one ends the session */
  readonly epoch: string;
  /** ms since the epoch, both */
  readonly createdAt: number;
  readonly seenAt: number;
}

interface PasswordDocument {
  /** changes with the password */
  readonly epoch: string;
  /** null where there is none any more */
  readonly hash: string | null;
}

interface LinkDocument {
  readonly expiresAt: number;
  readonly isUsed: boolean;
}

export const SESSION_LIMITS = {
  /** without a request, ms */
  idleMs: 7 * 86_400_000,
  /** whatever happens, ms */
  absoluteMs: 30 * 86_400_000,
  /** how exactly the last request is known: not every one is a write, ms */
  seenEveryMs: 10 * 60_000,
} as const;
const LINK_MS = 10 * 60_000;
const SECRET_BYTES = 32;
const PASSWORD_LENGTH = { least: 10, most: 1_000 } as const;

const PASSWORD_KEY = 'access:password';
const SESSION_PREFIX = 'access:session:';
const LINK_PREFIX = 'access:link:';

/**
 * The password, the sessions and the one-time links of an installation. They lie in the metadata of the store, which every
 * process of it shares, on whichever machine; of sessions and links only hashes, so that who reads a backup cannot use them.
 */
export class OwnerAccess {
  readonly #metadata: MetadataStore;
  readonly #clock: Clock;

  constructor({ metadata, clock }: { readonly metadata: MetadataStore; readonly clock: Clock }) {
    this.#metadata = metadata;
    this.#clock = clock;
  }

  async hasPassword(): Promise<boolean> {
    return (await this.#password()).hash !== null;
  }

  /**
   * Resolves to the secret of a new session, or null where the password is wrong, or there is none. Takes some hundred ms, as it
   * should.
   */
  async logIn(password: string): Promise<string | null> {
    const { hash, epoch } = await this.#password();
    if (hash === null || password.length > PASSWORD_LENGTH.most || !(await isPassword(password, hash))) return null;
    // Of the password that was right: where it was changed meanwhile, the session has ended before it begins.
    return await this.#begin({ method: 'password', user: 'owner', admittedBy: null }, epoch);
  }

  /**
   * Sets the password, and ends every session and link. Resolves to how many sessions that were.
   *
   * @throws InputError where the password is too short or too long
   */
  async setPassword(password: string): Promise<number> {
    const { least, most } = PASSWORD_LENGTH;
    if (password.length < least || password.length > most)
      throw new InputError(`a password needs ${least} to ${most} characters: this one has ${password.length}`);
    return await this.#replacePassword(await hashPassword(password));
  }

  /** Takes the password away, and ends every session and link. Resolves to how many sessions that were. */
  async removePassword(): Promise<number> {
    return await this.#replacePassword(null);
  }

  /** Resolves to the secret of a new session, which is stored nowhere, for whom something else than the password let in. */
  async createSession(owner: SessionOwner): Promise<string> {
    return await this.#begin(owner, (await this.#password()).epoch);
  }

  /** Null where there is no such session, or it has ended. */
  async findSession(secret: string): Promise<SessionOwner | null> {
    const key = `${SESSION_PREFIX}${hashOf(secret)}`;
    const document = await this.#metadata.get(key);
    if (document === null) return null;
    const session = document.value as SessionDocument;
    const now = this.#clock.now();
    if (isOver(session, now) || session.epoch !== (await this.#password()).epoch) {
      await this.#metadata.remove(key);
      return null;
    }
    // Where somebody else was first, they saw it as well.
    if (now - session.seenAt >= SESSION_LIMITS.seenEveryMs)
      await this.#metadata.compareAndSet(key, document.version, { ...session, seenAt: now });
    const { method, user, admittedBy } = session;
    return { method, user, admittedBy };
  }

  async endSession(secret: string): Promise<void> {
    await this.#metadata.remove(`${SESSION_PREFIX}${hashOf(secret)}`);
  }

  /** A secret that lets somebody in once, within ten minutes. */
  async createLink(): Promise<{ readonly secret: string; readonly expiresAt: number }> {
    await this.#dropExpired();
    const secret = newSecret();
    const expiresAt = this.#clock.now() + LINK_MS;
    const link: LinkDocument = { expiresAt, isUsed: false };
    await this.#metadata.compareAndSet(`${LINK_PREFIX}${hashOf(secret)}`, null, link);
    return { secret, expiresAt };
  }

  /** True once for each link, in whichever process, and never after its end. */
  async useLink(secret: string): Promise<boolean> {
    const key = `${LINK_PREFIX}${hashOf(secret)}`;
    const document = await this.#metadata.get(key);
    if (document === null) return false;
    const link = document.value as LinkDocument;
    if (link.isUsed || link.expiresAt <= this.#clock.now()) return false;
    const isFirst = (await this.#metadata.compareAndSet(key, document.version, { ...link, isUsed: true })) !== null;
    if (isFirst) await this.#metadata.remove(key);
    return isFirst;
  }

  async #begin(owner: SessionOwner, epoch: string): Promise<string> {
    await this.#dropExpired();
    const secret = newSecret();
    const now = this.#clock.now();
    const session: SessionDocument = { ...owner, epoch, createdAt: now, seenAt: now };
    await this.#metadata.compareAndSet(`${SESSION_PREFIX}${hashOf(secret)}`, null, session);
    return secret;
  }

  async #password(): Promise<PasswordDocument> {
    const document = await this.#metadata.get(PASSWORD_KEY);
    return document === null ? { epoch: '', hash: null } : (document.value as PasswordDocument);
  }

  /** The epoch first: a session that somebody is being given just now with the old password does not survive it. */
  async #replacePassword(hash: string | null): Promise<number> {
    const next: PasswordDocument = { epoch: newSecret(), hash };
    for (;;) {
      const document = await this.#metadata.get(PASSWORD_KEY);
      if ((await this.#metadata.compareAndSet(PASSWORD_KEY, document?.version ?? null, next)) !== null) break;
    }
    return await endSessions(this.#metadata);
  }

  async #dropExpired(): Promise<void> {
    const now = this.#clock.now();
    for (const { key, value } of await this.#metadata.list(SESSION_PREFIX))
      if (isOver(value as SessionDocument, now)) await this.#metadata.remove(key);
    for (const { key, value } of await this.#metadata.list(LINK_PREFIX))
      if ((value as LinkDocument).expiresAt <= now) await this.#metadata.remove(key);
  }
}

/** Also where the clock went back behind its beginning: then nothing is known of its age. */
function isOver({ createdAt, seenAt }: SessionDocument, now: number): boolean {
  return (
    now - seenAt >= SESSION_LIMITS.idleMs ||
    now - createdAt >= SESSION_LIMITS.absoluteMs ||
    createdAt - now > SESSION_LIMITS.seenEveryMs
  );
}

/** Takes the password along into metadata that have none, so that nobody gets in there who did not here. */
export async function carryPassword(from: MetadataStore, to: MetadataStore): Promise<void> {
  const password = (await from.get(PASSWORD_KEY))?.value as PasswordDocument | undefined;
  if (password === undefined || password.hash === null) return;
  for (;;) {
    const other = await to.get(PASSWORD_KEY);
    if (((other?.value as PasswordDocument | undefined)?.hash ?? null) !== null) return;
    if ((await to.compareAndSet(PASSWORD_KEY, other?.version ?? null, password)) !== null) return;
  }
}

/** Ends every session and link that the metadata hold. Resolves to how many sessions that were. */
export async function endSessions(metadata: MetadataStore): Promise<number> {
  const sessions = await metadata.list(SESSION_PREFIX);
  const links = await metadata.list(LINK_PREFIX);
  for (const { key } of [...sessions, ...links]) await metadata.remove(key);
  return sessions.length;
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
