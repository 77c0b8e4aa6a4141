import { readMovedFrom } from '../../../app/move/moved-record.ts';
import {
  HEADER,
  isItemId,
  itemOfKey,
  kindOf,
  lateVectorKey,
  parseRecordKey,
  recordKey,
  repeatKey,
  withoutRepeats,
} from '../../../core/keys.ts';
import type { EventLog } from '../../../core/ports/event-log.ts';
import { highestFence } from '../../../producers/highest-fence.ts';
import { type FuzzTarget, holds } from '../target.ts';

const ACCOUNT = { provider: 'tiktok', user: 'me' };

/** A log with one record. */
function logOf(key: string): EventLog {
  const record = { key, value: new Uint8Array(), headers: {}, timestamp: 0, offset: 0 };
  const log: Pick<EventLog, 'partitionOf' | 'read'> = {
    partitionOf: () => 0,
    read: async (_topic, _partition, from) => (from === 0 ? [record] : []),
  };
  return log as EventLog;
}

/** Keys come from the log, and whoever can write to it may have written any. */
async function run(input: Uint8Array): Promise<void> {
  const text = new TextDecoder().decode(input);
  const [key = '', slot = '', event = ''] = text.split('\n');
  const parsed = parseRecordKey(key);
  const item = itemOfKey(key);
  holds(item === null || parsed?.slot === item.itemId, 'a key names an item in two ways');
  kindOf(key);
  const { fence } = await highestFence(logOf(key), ACCOUNT, 0);
  holds(Number.isSafeInteger(fence + 1), `no run can have a number above ${fence}`);
  readMovedFrom({ [HEADER.movedFrom]: key });
  holds(withoutRepeats(repeatKey(key)) === withoutRepeats(key), 'a copy is of another record');
  if (!isItemId(slot) || Buffer.from(event).toString() !== event) return;
  const made = recordKey(ACCOUNT, 'favorites', slot, event);
  holds(itemOfKey(made)?.itemId === slot, `the key of ${slot} names another item`);
  holds(itemOfKey(lateVectorKey(made))?.itemId === slot, `the key of a late vector of ${slot} names another item`);
}

export const recordKeys: FuzzTarget = {
  about: 'keys and headers of log records',
  seeds: [
    'tiktok/me|tiktok/me/favorites|7612738946044398861|3.7\nt3_1abc\n3.7',
    'tiktok/me||:run|f12.0\n\n',
    'tiktok/me||:run|f99999999999999999999.0\n\n',
    'reddit/me||:run|1.0~again\na%b|c\n%',
    'a|b|%41%|c+late\n!\n1',
    'deadbeef/12\n\n',
  ],
  words: ['|', '%', '%E0%A4%A', '%00', '~again', '+late', ':begin', '/'],
  open: async () => ({ run, close: async () => undefined }),
};
