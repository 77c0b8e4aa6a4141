import { describe, expect, it } from '@jest/globals';
import { HEADER } from '../core/keys.ts';
import { MemoryEventLog } from '../testing/memory-log/memory-event-log.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { resumeOffset } from './rebuild.ts';

const value = new Uint8Array(1);
const positioned = (position: number) => ({
  key: `record ${position}`,
  value,
  headers: { [HEADER.position]: String(position) },
});
const late = (i: number) => ({ key: `late ${i}`, value });

describe('where a fresh generation goes on reading', () => {
  it('is not behind the first record that it lacks, however many late vectors follow', async () => {
    const log = new MemoryEventLog({ clock: new VirtualClock(), partitionCount: 1 });
    const before = Array.from({ length: 12_000 }, (_, i) => positioned(i));
    await log.append('enriched', 0, before);
    await log.append(
      'enriched',
      0,
      Array.from({ length: 30_000 }, (_, i) => late(i)),
    );
    await log.append('enriched', 0, [positioned(12_000)]);
    for (const applied of [-1, 0, 5_000, 11_990, 11_999])
      expect(await resumeOffset(log, 0, applied)).toBeLessThanOrEqual(applied + 1);
  });

  it('is not far before it either', async () => {
    const log = new MemoryEventLog({ clock: new VirtualClock(), partitionCount: 1 });
    await log.append(
      'enriched',
      0,
      Array.from({ length: 30_000 }, (_, i) => positioned(i)),
    );
    expect(await resumeOffset(log, 0, 25_000)).toBe(15_001);
  });
});
