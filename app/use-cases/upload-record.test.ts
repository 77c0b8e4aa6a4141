import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ImportProgress } from './import-export.ts';
import { UploadRecord } from './upload-record.ts';
import { gate, LEFT, UploadsWorld } from './uploads-world.test-helper.ts';

let world: UploadsWorld;
beforeEach(async () => {
  world = await UploadsWorld.open();
});
afterEach(() => world.close());

const read = (done: number): ImportProgress => ({ phase: 'read', done, total: 9 });

it('stores progress once a second, the latest, and not while it is still being written', async () => {
  const held = gate();
  const written: unknown[] = [];
  const metadata = world.metadataThat(async (value) => {
    written.push(value?.progress?.done);
    if (written.length === 1) await held.opened;
  });
  let elapsedMs = 0;
  const clock = { ...world.app.clock, elapsed: () => elapsedMs };
  const record = new UploadRecord({ ...world.app, metadata, clock }, LEFT);
  for (const done of [1, 2, 3, 4]) {
    record.progress(read(done));
    expect(record.current.progress).toEqual(read(done));
    await sleep(20);
    elapsedMs += 1_000;
  }
  held.open();
  await sleep(50);
  expect(written).toEqual([1]);
  record.progress(read(5));
  await sleep(50);
  elapsedMs += 999;
  record.progress(read(6));
  await sleep(50);
  elapsedMs += 1;
  record.progress(read(7));
  await sleep(50);
  expect(written).toEqual([1, 5, 7]);
  expect(await world.stored()).toMatchObject({ progress: read(7) });
});
