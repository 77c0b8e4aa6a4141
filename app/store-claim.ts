import { InputError } from '../core/errors.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import { NOTHING_LEARNED } from '../producers/credentials.ts';
import { changeSyncMetadata } from '../producers/sync-metadata.ts';
import { forgetEmbedder } from './current-store.ts';
import { forgetTold } from './notify/told.ts';
import { PROVIDERS } from './use-cases/scopes.ts';

/** Which log a store that several machines can reach is folded from: a document of its metadata. */
interface ClaimDocument {
  readonly logId: string;
  /** false: what the store holds is still that of the log before, until it was folded anew */
  readonly folded: boolean;
}

const KEY = 'log';

/** @returns whether the store has to be folded anew, since what it holds is of another log */
export type Claimed = { readonly foldAnew: boolean };

/**
 * Binds a store to a log, for good. Where it is bound to another one it is refused; with `take` it is bound anew. Whether it is
 * still to be folded is asked again by who folds it (`isFoldDue`): another process may have done so meanwhile.
 *
 * @throws InputError where another log has it
 */
export async function claimStore(
  metadata: MetadataStore,
  { logId, take, orTo }: { readonly logId: string; readonly take: boolean; readonly orTo: string | null },
): Promise<Claimed> {
  const { folded } = await bind(metadata, logId, orTo, take);
  return { foldAnew: !folded };
}

async function bind(
  metadata: MetadataStore,
  logId: string,
  orTo: string | null,
  take: boolean,
): Promise<ClaimDocument> {
  for (;;) {
    const stored = await metadata.get(KEY);
    const claim = (stored?.value as ClaimDocument | undefined) ?? null;
    if (claim !== null && (claim.logId === logId || claim.logId === orTo)) return claim;
    if (claim !== null && !take) throw new InputError(refusal(claim.logId, logId));
    const mine: ClaimDocument = { logId, folded: claim === null };
    if ((await metadata.compareAndSet(KEY, stored?.version ?? null, mine)) !== null) return mine;
  }
}

/** A store that is bound to a log whose records are in another one now goes with them. */
export async function moveClaim(metadata: MetadataStore, logId: string): Promise<void> {
  if ((await metadata.get(KEY)) !== null) await noteFolded(metadata, logId);
}

/** What the store holds is of another log than the one it is bound to. */
export async function isFoldDue(metadata: MetadataStore): Promise<boolean> {
  return ((await metadata.get(KEY))?.value as ClaimDocument | undefined)?.folded === false;
}

/** The store holds what this log says, and nothing of the one before. */
export async function noteFolded(metadata: MetadataStore, logId: string): Promise<void> {
  for (;;) {
    const stored = await metadata.get(KEY);
    const mine: ClaimDocument = { logId, folded: true };
    if ((await metadata.compareAndSet(KEY, stored?.version ?? null, mine)) !== null) return;
  }
}

/** Why nothing may be written to the store any more: it was taken for another log since. Null where it was not. */
export async function whyNotClaimed(metadata: MetadataStore, logId: string): Promise<string | null> {
  const claim = (await metadata.get(KEY))?.value as ClaimDocument | undefined;
  return claim === undefined || claim.logId === logId ? null : refusal(claim.logId, logId);
}

function refusal(owner: string, logId: string): string {
  return `the bucket holds the collection of another log (${owner}, and not ${logId}): set COUCHBASE_BUCKET or COUCHBASE_SCOPE to one that nobody uses, or run \`hoardarr rebuild --claim\` to replace what it holds`;
}

/** Accounts stay connected; but what they learned is of records that this log does not have, as are vectors. */
export async function forgetOther(metadata: MetadataStore): Promise<void> {
  for (const provider of PROVIDERS) {
    for (const { key } of await metadata.list(`${provider}:`)) {
      const account = { provider, user: key.slice(provider.length + 1) };
      await changeSyncMetadata(metadata, account, (stored) => ({ ...stored, ...NOTHING_LEARNED, scannedTo: 0 }));
    }
  }
  await forgetTold(metadata);
  await forgetEmbedder(metadata);
}
