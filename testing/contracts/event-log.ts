import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeConsumers } from './event-log-consumers.ts';
import { describeErasure } from './event-log-erasure.ts';
import { describeGroups } from './event-log-groups.ts';
import {
  EVENT_LOG_CAPABILITIES,
  type EventLogCapability,
  type EventLogHarness,
  PARTITIONS,
} from './event-log-harness.ts';
import { describeRecords } from './event-log-records.ts';

/**
 * What every EventLog owes its callers. `open` makes a fresh log with that many partitions for each test; what the adapter
 * cannot show is named in `notSupported`, and appears in the report.
 */
export function describeEventLog(
  name: string,
  open: (options: { readonly partitions: number }) => Promise<EventLogHarness>,
  notSupported: readonly EventLogCapability[] = [],
): void {
  describe(`event log: ${name}`, () => {
    let harness: EventLogHarness;

    beforeEach(async () => {
      harness = await open({ partitions: PARTITIONS });
    });

    afterEach(async () => {
      await harness.dispose();
    });

    it(`declares what it cannot show: ${notSupported.join(', ') || 'nothing'}`, () => {
      for (const capability of notSupported) expect(EVENT_LOG_CAPABILITIES).toContain(capability);
    });

    const suite = { harness: () => harness, supports: (c: EventLogCapability) => !notSupported.includes(c) };
    describeRecords(suite);
    describeConsumers(suite);
    describeGroups(suite);
    describeErasure(suite);
  });
}
