import { InputError, isOutage } from '../core/errors.ts';
import { type Account, accountName } from '../core/keys.ts';
import type { Connected, CredentialHolder, Credentials } from '../core/ports/provider.ts';
import type { Secrets } from '../core/ports/secrets.ts';
import { untilReached } from '../core/until-reached.ts';
import type { RunDeps } from './run-deps.ts';
import {
  changeSyncMetadata,
  isLeaseOver,
  type Lease,
  readSyncMetadata,
  type SyncMetadata,
  syncMetadataKey,
} from './sync-metadata.ts';
import { randomUuid } from './uuid.ts';
import { ways } from './ways.ts';

export interface CredentialDeps
  extends Pick<RunDeps, 'metadata' | 'clock' | 'random' | 'telemetry' | 'instance' | 'isGone'> {
  readonly secrets: Secrets;
}

type Field = 'accessToken' | 'refreshToken';

/** A renewal takes no longer, all its tries together; then another process may renew. */
const RENEWING_MS = 300_000;
const LOOK_MS = 100;

/** The credentials of an account in its sync metadata, where they stand encrypted (law 12). */
export class AccountCredentials implements CredentialHolder {
  readonly account: Account;
  readonly login: string;
  readonly loginName: string;
  readonly #deps: CredentialDeps;
  /** as read last: what is stored must be a successor of these, not of others that somebody connected with meanwhile */
  #known: Credentials;

  private constructor(deps: CredentialDeps, account: Account, metadata: SyncMetadata, login: string) {
    this.account = account;
    this.#deps = deps;
    this.login = login;
    this.loginName = metadata.loginName ?? login;
    this.#known = decryptCredentials(deps.secrets, account, metadata);
  }

  /** As read last. */
  get kind(): Credentials['kind'] {
    return this.#known.kind;
  }

  /** Rejects with InputError where the account is not connected. */
  static async open(deps: CredentialDeps, account: Account): Promise<AccountCredentials> {
    const metadata = readSyncMetadata(account, (await deps.metadata.get(syncMetadataKey(account)))?.value);
    if (metadata.login === null) throw notConnected(account);
    return new AccountCredentials(deps, account, metadata, metadata.login);
  }

  async read(): Promise<Credentials> {
    this.#known = await this.#stored();
    return this.#known;
  }

  /** Whether nobody else has renewed them, or connected the account again, since they were read. */
  async isCurrent(): Promise<boolean> {
    return same(await this.#stored(), this.#known);
  }

  /** Rejects with InputError when the account was connected again meanwhile: what it was connected with stays. */
  async renew(renewal: (stored: Credentials) => Promise<Credentials>, signal: AbortSignal): Promise<Credentials> {
    const turn = await this.#takeTurn(signal);
    if (turn === null) return this.#known;
    try {
      const fresh = await renewal(this.#known);
      await this.#keep(fresh);
      this.#known = fresh;
      return fresh;
    } catch (error) {
      await this.#change((metadata) =>
        metadata.renewing?.holder === turn ? { ...metadata, renewing: null } : metadata,
      );
      throw error;
    }
  }

  /**
   * Stores what the known ones were renewed to. While the metadata are away it tries again, as long as the turn lasts and also
   * where the run is stopped: these may be the only ones that still count.
   */
  async #keep(fresh: Credentials): Promise<void> {
    const { secrets, clock, random, telemetry } = this.#deps;
    const until = clock.elapsed() + RENEWING_MS;
    const store = (): Promise<void> =>
      this.#change((metadata) => {
        if (!same(decryptCredentials(secrets, this.account, metadata), this.#known)) throw connectedAgain(this.account);
        return { ...metadata, ...encryptCredentials(secrets, this.account, fresh), renewing: null };
      });
    const isAway = (error: unknown): error is Error => isOutage(error) && clock.elapsed() < until;
    await untilReached(store, { what: 'the sync metadata', isAway, clock, random, log: telemetry.log });
  }

  /** The id of the turn to renew; null where others are stored by now, which are known then. */
  async #takeTurn(signal: AbortSignal): Promise<string | null> {
    const { metadata, clock, random, instance, secrets } = this.#deps;
    const key = syncMetadataKey(this.account);
    const holder = randomUuid(random);
    for (;;) {
      signal.throwIfAborted();
      const document = await metadata.get(key);
      const found = readSyncMetadata(this.account, document?.value);
      const stored = decryptCredentials(secrets, this.account, found);
      if (!same(stored, this.#known)) {
        this.#known = stored;
        return null;
      }
      if (this.#isTaken(found.renewing)) {
        await clock.sleep(LOOK_MS, signal);
        continue;
      }
      const renewing: Lease = { holder, instance, expiresAt: clock.now() + RENEWING_MS };
      if ((await metadata.compareAndSet(key, document?.version ?? null, { ...found, renewing })) !== null)
        return holder;
    }
  }

  #isTaken(renewing: Lease | null): boolean {
    const { clock, isGone } = this.#deps;
    if (renewing === null || isGone?.(renewing.instance) === true) return false;
    return !isLeaseOver(renewing, clock.now(), RENEWING_MS);
  }

  async #stored(): Promise<Credentials> {
    const document = await this.#deps.metadata.get(syncMetadataKey(this.account));
    return decryptCredentials(this.#deps.secrets, this.account, readSyncMetadata(this.account, document?.value));
  }

  async #change(change: (metadata: SyncMetadata) => SyncMetadata): Promise<void> {
    if ((await changeSyncMetadata(this.#deps.metadata, this.account, change)) === null)
      throw notConnected(this.account);
  }
}

/** What a run began with is not what the account is connected with by now. */
export function connectedAgain(account: Account): InputError {
  return new InputError(`${accountName(account)} was connected again meanwhile: the next sync goes on with that`);
}

/** Fields of the sync metadata of an account that was just connected. */
export function connectedMetadata(
  secrets: Secrets,
  account: Account,
  { login, loginName, credentials }: Connected,
  connectedAt: number,
): Partial<SyncMetadata> {
  const freed = { connectedAt, needsReauth: false, lastError: null, paused: false, nextSyncAt: 0 };
  return { login, loginName, ...encryptCredentials(secrets, account, credentials), ...freed };
}

/** An account that nobody can be asked about any more; what was learned of its lists stays, and so does its login (law 5). */
export function disconnectedMetadata(): Partial<SyncMetadata> {
  return {
    connectedAt: null,
    credentialKind: null,
    accessToken: null,
    refreshToken: null,
    tokenExpiresAt: null,
    renewing: null,
    needsReauth: false,
    lastError: null,
    paused: true,
  };
}

/** What the metadata of an account know of single items, which is nothing once they were erased. */
export const NOTHING_LEARNED = {
  cursor: {},
  etag: {},
  hashesAt: {},
  lastSnapshot: {},
  lastFullReconciliation: null,
} as const satisfies Partial<SyncMetadata>;

/** Throws InputError where the account is not connected, or the key is another one. */
export function decryptCredentials(secrets: Secrets, account: Account, metadata: SyncMetadata): Credentials {
  const decrypt = (field: Field): string | null => {
    const encrypted = metadata[field];
    return encrypted === null ? null : secrets.decrypt(encrypted, contextOf(account, field));
  };
  const { credentialKind: kind, tokenExpiresAt: expiresAt } = metadata;
  if (kind === null) throw notConnected(account);
  return { kind, accessToken: decrypt('accessToken'), refreshToken: decrypt('refreshToken'), expiresAt };
}

/** By what they say: a new key encrypts the same tokens as another text. */
function same(a: Credentials, b: Credentials): boolean {
  return a.kind === b.kind && a.accessToken === b.accessToken && a.refreshToken === b.refreshToken;
}

function encryptCredentials(secrets: Secrets, account: Account, credentials: Credentials): Partial<SyncMetadata> {
  const encrypt = (field: Field): string | null => {
    const plain = credentials[field];
    return plain === null ? null : secrets.encrypt(plain, contextOf(account, field));
  };
  return {
    credentialKind: credentials.kind,
    accessToken: encrypt('accessToken'),
    refreshToken: encrypt('refreshToken'),
    tokenExpiresAt: credentials.expiresAt,
  };
}

/** What is authenticated with an encrypted token, so that it cannot be moved to another account or field. */
export function contextOf(account: Account, field: Field): string {
  return `${syncMetadataKey(account)}:${field}`;
}

function notConnected(account: Account): InputError {
  return new InputError(`${accountName(account)} is not connected: ${ways.connect(account.provider, account.user)}`);
}
