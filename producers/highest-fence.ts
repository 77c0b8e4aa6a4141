import { type Account, accountName, parseRecordKey, SLOT } from '../core/keys.ts';
import type { EventLog } from '../core/ports/event-log.ts';

const RECORDS_AT_ONCE = 1000;
const BYTES_AT_ONCE = 4_000_000;

/** Event id of a run's record; its number leads, so that keys alone tell the highest. */
export const runEventId = (fence: number, seq: number): string => `f${fence}.${seq}`;

/**
 * The highest fencing number that the log holds for an account, from its keys, and the offset up to which it was sought.
 * It matters where the sync metadata is missing or older than the log (restored from a backup): a run below the log's
 * number would be ignored by every sink.
 */
export async function highestFence(
  log: EventLog,
  account: Account,
  from: number,
): Promise<{ fence: number; scannedTo: number }> {
  const name = accountName(account);
  const partition = log.partitionOf(name);
  let fence = 0;
  let scannedTo = from;
  for (;;) {
    const records = await log.read('ingest', partition, scannedTo, { records: RECORDS_AT_ONCE, bytes: BYTES_AT_ONCE });
    const last = records.at(-1);
    if (last === undefined) return { fence, scannedTo };
    for (const record of records) fence = Math.max(fence, fenceOfKey(name, record.key));
    scannedTo = last.offset + 1;
  }
}

function fenceOfKey(account: string, key: string): number {
  const parts = parseRecordKey(key);
  if (parts === null || parts.account !== account || parts.slot !== SLOT.run) return 0;
  const number = Number(/^f(\d+)\./.exec(parts.event)?.[1] ?? 0);
  // No record of ours can carry a larger one, and above it there would be none for the next run.
  return Number.isSafeInteger(number + 1) ? number : 0;
}
