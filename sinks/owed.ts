import { createHash } from 'node:crypto';
import type { ProposedCommand, ProposedDecision, ProposedOutcome } from '../core/fold/effects.ts';
import { accountName, parseAccount, parseScope, recordKey, SLOT } from '../core/keys.ts';
import type { OutboxEntry } from '../core/ports/item-store.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';

const DAY_MS = 86_400_000;

/** Ids in one command; more are split over several. */
export const COMMAND_IDS = 1_000;

/** What is needed of the item for its decision: id, url and dates stay in it when all else is erased (law 7). */
export interface DecidedItem {
  readonly url: string | null;
  readonly savedAt: number | null;
}

/** Turns what the fold proposes into records that are kept with the applied position until they are sent (law 10). */
export class Owed {
  readonly #codec: SchemaCodec;
  constructor(codec: SchemaCodec) {
    this.#codec = codec;
  }

  decision(proposed: ProposedDecision, item: DecidedItem, at: number): OutboxEntry {
    const scope = parseScope(proposed.scope);
    const value = this.#codec.encode('Decision', {
      eventId: proposed.eventId,
      at,
      ...scope,
      itemId: proposed.itemId,
      operation: proposed.operation,
      author: proposed.author,
      basisDecided: proposed.basisDecided,
      basisSeen: proposed.basisSeen,
      reason: proposed.reason,
      snapshotId: proposed.snapshotId,
      syncId: proposed.syncId,
      personOnly: proposed.personOnly,
      firstId: proposed.firstId,
      firstAt: proposed.firstAt,
      url: item.url,
      savedAt: item.savedAt,
      evidence: JSON.stringify(proposed.evidence),
    });
    return {
      id: `decision ${proposed.eventId}`,
      topic: 'ingest',
      account: accountName(scope),
      key: recordKey(scope, scope.collection, proposed.itemId, proposed.eventId),
      value,
    };
  }

  /** `cause` is the event that led to the command; the ids derived from it make a repeated command the same one. */
  command(
    proposed: ProposedCommand,
    cause: string,
    at: number,
  ): { readonly entry: OutboxEntry; readonly commandId: string } {
    const head = { at, deadline: at + DAY_MS, causedBy: proposed.causedBy };
    if (proposed.kind === 'full') {
      const account = parseAccount(proposed.account);
      const eventId = `full:${cause}`;
      const value = this.#codec.encode('SyncCommand', {
        eventId,
        ...head,
        ...account,
        mode: 'full',
        reason: proposed.reason,
      });
      return this.#commandEntry(eventId, recordKey(account, null, SLOT.command, eventId), proposed.account, value);
    }
    const scope = parseScope(proposed.scope);
    const eventId = `${proposed.kind}:${cause}:${shortHash(proposed.itemIds.join('\n'))}`;
    const value =
      proposed.kind === 'recheck'
        ? this.#codec.encode('RecheckCommand', {
            eventId,
            ...head,
            ...scope,
            snapshotId: proposed.snapshotId,
            snapshotBegin: proposed.snapshotBegin,
            scopeCount: proposed.scopeCount,
            emptyListing: proposed.emptyListing,
            itemIds: proposed.itemIds,
            controlIds: proposed.controlIds,
          })
        : this.#codec.encode('BackfillCommand', {
            eventId,
            ...head,
            ...scope,
            reason: proposed.reason,
            itemIds: proposed.itemIds,
          });
    return this.#commandEntry(
      eventId,
      recordKey(scope, scope.collection, SLOT.command, eventId),
      accountName(scope),
      value,
    );
  }

  #commandEntry(
    eventId: string,
    key: string,
    account: string,
    value: Uint8Array,
  ): { readonly entry: OutboxEntry; readonly commandId: string } {
    return { commandId: eventId, entry: { id: `command ${eventId}`, topic: 'commands', account, key, value } };
  }

  outcome(proposed: ProposedOutcome, eventId: string, at: number): OutboxEntry {
    const scope = parseScope(proposed.scope);
    const value = this.#codec.encode('Outcome', {
      eventId,
      at,
      ...scope,
      itemId: proposed.itemId,
      syncId: proposed.syncId,
      snapshotId: proposed.snapshotId,
      kind: proposed.kind,
      reason: proposed.reason,
      count: proposed.count,
      evidence: JSON.stringify(proposed.evidence),
    });
    return {
      id: `outcome ${eventId}`,
      topic: 'outcomes',
      account: accountName(scope),
      key: recordKey(scope, scope.collection, proposed.itemId ?? SLOT.run, eventId),
      value,
    };
  }

  /** The tombstone goes to `ingest`, and the processor passes it on to `enriched`. */
  tombstone(key: string, account: string): OutboxEntry {
    return { id: `tombstone ${key}`, topic: 'ingest', account, key, value: null };
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
