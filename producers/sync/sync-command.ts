import { type Account, accountName, recordKey, SLOT } from '../../core/keys.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';

export interface SyncRequest {
  readonly account: Account;
  /** `delta`: the cadence may make a full one of it */
  readonly mode: 'delta' | 'full';
  readonly reason: string;
  /** the run that executes it names it, so that whoever asked can wait for it */
  readonly eventId: string;
  /** later it is ignored */
  readonly deadlineMs: number;
}

/** Asks the producers for one sync of an account. */
export async function writeSyncCommand(
  { log, codec, clock }: { readonly log: EventLog; readonly codec: SchemaCodec; readonly clock: Clock },
  { account, mode, reason, eventId, deadlineMs }: SyncRequest,
): Promise<void> {
  const at = clock.now();
  const { provider, user } = account;
  const command = { eventId, at, provider, user, deadline: at + deadlineMs, causedBy: null, mode, reason };
  const key = recordKey(account, null, SLOT.command, eventId);
  const partition = log.partitionOf(accountName(account));
  await log.append('commands', partition, [{ key, value: codec.encode('SyncCommand', command) }]);
}
