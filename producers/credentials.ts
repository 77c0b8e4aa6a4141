import { FencedError, InputError } from '../core/errors.ts';
import { type Account, accountName } from '../core/keys.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { Connected, CredentialHolder, Credentials } from '../core/ports/provider.ts';
import type { Secrets } from '../core/ports/secrets.ts';
import { changeSyncMetadata, readSyncMetadata, type SyncMetadata, syncMetadataKey } from './sync-metadata.ts';

export interface CredentialDeps {
  readonly metadata: MetadataStore;
  readonly secrets: Secrets;
}

type Field = 'accessToken' | 'refreshToken';

/** The credentials of an account in its sync metadata, where they stand encrypted (law 12). */
export class AccountCredentials implements CredentialHolder {
  readonly account: Account;
  readonly login: string;
  readonly loginName: string;
  readonly #deps: CredentialDeps;
  /** as read last: what is saved must be a successor of these, not of others that somebody connected with meanwhile */
  #base: Pick<SyncMetadata, Field>;

  private constructor(deps: CredentialDeps, account: Account, metadata: SyncMetadata, login: string) {
    this.account = account;
    this.#deps = deps;
    this.login = login;
    this.loginName = metadata.loginName ?? login;
    this.#base = metadata;
  }

  /** Rejects with InputError where the account is not connected. */
  static async open(deps: CredentialDeps, account: Account): Promise<AccountCredentials> {
    const metadata = await read(deps.metadata, account);
    if (metadata.credentialKind === null || metadata.login === null) throw notConnected(account);
    return new AccountCredentials(deps, account, metadata, metadata.login);
  }

  async read(): Promise<Credentials> {
    const metadata = await read(this.#deps.metadata, this.account);
    if (metadata.credentialKind === null) throw notConnected(this.account);
    this.#base = metadata;
    const decrypt = (field: Field): string | null => {
      const encrypted = metadata[field];
      return encrypted === null ? null : this.#deps.secrets.decrypt(encrypted, contextOf(this.account, field));
    };
    return {
      kind: metadata.credentialKind,
      accessToken: decrypt('accessToken'),
      refreshToken: decrypt('refreshToken'),
      expiresAt: metadata.tokenExpiresAt,
    };
  }

  /**
   * Rejects with FencedError when the account was connected again meanwhile: what it was connected with stays. InputError where it
   * was disconnected: nothing comes back.
   */
  async save(credentials: Credentials): Promise<void> {
    const changed = await changeSyncMetadata(this.#deps.metadata, this.account, (metadata) => {
      if (metadata.credentialKind === null) throw notConnected(this.account);
      const { accessToken, refreshToken } = this.#base;
      if (metadata.accessToken !== accessToken || metadata.refreshToken !== refreshToken)
        throw new FencedError(`${accountName(this.account)} was connected again meanwhile`);
      // At each attempt anew: what came in between may be another key.
      return { ...metadata, ...encryptCredentials(this.#deps.secrets, this.account, credentials) };
    });
    if (changed === null) throw notConnected(this.account);
    this.#base = changed;
  }
}

/** Fields of the sync metadata of an account that was just connected. */
export function connectedMetadata(
  secrets: Secrets,
  account: Account,
  { login, loginName, credentials }: Connected,
  connectedAt: number,
): Partial<SyncMetadata> {
  const freed = { connectedAt, needsReauth: false, reauthTold: false, lastError: null, paused: false, nextSyncAt: 0 };
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
    needsReauth: false,
    reauthTold: false,
    lastError: null,
    paused: true,
  };
}

/** What the metadata of an account know of single items, which is nothing once they were erased. */
export const NOTHING_LEARNED = {
  cursor: {},
  etag: {},
  documentHashes: {},
  lastSnapshot: {},
  lastFullReconciliation: null,
} as const satisfies Partial<SyncMetadata>;

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
  return new InputError(
    `${accountName(account)} is not connected: \`hoardarr connect ${account.provider} --user ${account.user}\``,
  );
}

async function read(store: MetadataStore, account: Account): Promise<SyncMetadata> {
  return readSyncMetadata(account, (await store.get(syncMetadataKey(account)))?.value);
}
