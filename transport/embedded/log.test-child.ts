// A process of its own on a log, for tests: `node --import <typescript-loader> log.test-child.ts ROLE DATA_DIR ARGUMENT`.
// It speaks to its parent in lines of JSON.
import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { MovableClock } from '../../testing/movable-clock.ts';
import { openEmbeddedLog } from './open-embedded-log.ts';

const [role, dataDir = '', argument = '0'] = argv.slice(2);
const say = (message: unknown): void => void writeSync(1, `${JSON.stringify(message)}\n`);
const open = (sessionTimeoutMs = 60_000) =>
  openEmbeddedLog({ dataDir, clock: new MovableClock(), partitions: 3, pollIntervalMs: 5, sessionTimeoutMs });

/** Appends calls of 1 to 60 records without end, several at a time, and says which were acknowledged. */
async function append(first: number): Promise<void> {
  const log = await open();
  const lane = async (start: number): Promise<void> => {
    for (let call = start; ; call += 4) {
      const size = 1 + ((call * 7) % 60);
      const records = Array.from({ length: size }, (_, i) => ({
        key: `${call}/${i}/${size}`,
        value: new Uint8Array(200 + ((call * 131) % 3_000)).fill(call % 256),
      }));
      await log.append('ingest', call % 3, records);
      say({ acknowledged: call });
    }
  };
  await Promise.all([0, 1, 2, 3].map((i) => lane(first + i)));
}

/** Consumes and commits; with a session so short that a stop of the process ends it. */
async function consume(sessionTimeoutMs: number): Promise<void> {
  const log = await open(sessionTimeoutMs);
  const subscription = await log.subscribe({
    group: 'g',
    topics: ['ingest'],
    maxBatchRecords: 5,
    handler: async (batch) => {
      say({ partition: batch.partition, keys: batch.records.map(({ key }) => key) });
      if (batch.records.some(({ key }) => key === 'wait')) {
        while (!batch.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
        await batch.commit(1).catch((error: Error) => say({ refused: error.name }));
        return;
      }
      await batch.commit((batch.records.at(-1)?.offset ?? 0) + 1);
    },
  });
  let told = '';
  setInterval(() => {
    const owned = subscription.assignments().map(({ partition }) => partition);
    if (owned.join() !== told) say({ owned });
    told = owned.join();
  }, 5);
  process.on('SIGTERM', () => void log.close().then(() => process.exit(0)));
}

if (role === 'append') await append(Number(argument));
else if (role === 'consume') await consume(Number(argument));
else {
  const log = await open();
  say({ partitions: log.partitionCount });
  await log.close();
}
