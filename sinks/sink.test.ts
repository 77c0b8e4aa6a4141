import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openLocalCodec } from '../codec/local/open-local-codec.ts';
import { SchemasUnavailableError } from '../core/errors.ts';
import { HEADER } from '../core/keys.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import { sampleFinished } from '../testing/contracts/schema-codec-samples.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { MemoryItemStore } from '../testing/memory-store/memory-item-store.ts';
import { ShiftedClock } from '../testing/producer-world.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { Sink } from './sink.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'sink-'));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

/** A sink on a log with one partition, in memory. */
async function begin(codec: SchemaCodec) {
  const clock = new ShiftedClock();
  const log = new MemoryEventLog({ clock, partitionCount: 1, redeliveryMs: 1 });
  const store = new MemoryItemStore();
  const sink = new Sink({ log, store, codec, clock, random: () => 0.5, telemetry: new RecordingTelemetry() });
  await sink.start();
  const put = async (value: Uint8Array | null, headers: Readonly<Record<string, string>>): Promise<void> => {
    const [offset = 0] = await log.append('enriched', 0, [{ key: 'tiktok/me||:run|f3.7', value, headers }]);
    while ((await store.progress(0)).nextOffset <= offset) await clock.sleep(5);
  };
  return { log, store, sink, put };
}

it('reads a record again whose schema nobody could tell it, and calls it no poison', async () => {
  const known = openLocalCodec({ dataDir });
  let unanswered = 3;
  const decode: SchemaCodec['decode'] = (bytes) => {
    if (unanswered-- > 0) throw new SchemasUnavailableError('the registry does not answer');
    return known.decode(bytes);
  };
  const { log, sink, put } = await begin({ ...known, decode });
  await put(Buffer.from(known.encode('SyncFinished', sampleFinished)), { [HEADER.position]: '0' });
  await sink.stop();
  expect(unanswered).toBeLessThan(0);
  expect(await log.read('dead-letter', 0, 0)).toEqual([]);
});

it.each(['', 'ingest', '-1', '1e3', '0.5', '9'.repeat(20)])(
  'goes on after a record whose position is none: %j',
  async (position) => {
    const codec = openLocalCodec({ dataDir });
    const value = Buffer.from(codec.encode('SyncFinished', sampleFinished));
    const { log, store, sink, put } = await begin(codec);
    await put(null, { [HEADER.position]: position });
    await put(value, { [HEADER.position]: position });
    await put(value, { [HEADER.position]: '7' });
    await sink.stop();
    expect(await store.progress(0)).toEqual({ position: 7, nextOffset: 3 });
    expect((await log.read('dead-letter', 0, 0)).map(({ value }) => value)).toEqual([value]);
  },
);
