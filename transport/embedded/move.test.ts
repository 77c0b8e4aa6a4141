import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FencedError, LogUnavailableError } from '../../core/errors.ts';
import { TOPIC_NAMES } from '../../core/ports/event-log.ts';
import type { LogEnds, MovableLog } from '../../core/ports/movable-log.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import { openEmbeddedLog } from './open-embedded-log.ts';

describe('an embedded log that is left for another', () => {
  const clock = new VirtualClock(1_000);
  let dataDir: string;
  let log: MovableLog;
  /** as another process has it open */
  let other: MovableLog;
  beforeEach(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'move-'));
    log = await openEmbeddedLog({ dataDir, clock });
    other = await openEmbeddedLog({ dataDir, clock });
  });
  afterEach(async () => {
    await Promise.all([log.close(), other.close()]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  const append = (key: string): Promise<readonly number[]> => other.append('ingest', 0, [{ key, value: null }]);
  const ends = async (): Promise<LogEnds> =>
    new Map(await Promise.all(TOPIC_NAMES.map(async (topic) => [topic, await log.ends(topic)] as const)));

  it('has an id that every process reads, and that no other log has', async () => {
    expect(log.id).toMatch(/^[0-9a-f]{16}$/);
    expect(other.id).toBe(log.id);
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'move-'));
    const second = await openEmbeddedLog({ dataDir: elsewhere, clock });
    expect(second.id).not.toBe(log.id);
    await second.close();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it('takes nothing more from any process, and is left only as it was read', async () => {
    const before = await ends();
    await append('a');
    expect(await log.leave('elsewhere', before)).toBe(false);
    await append('b');
    expect(log.movedTo()).toBeNull();
    expect(await log.leave('elsewhere', await ends())).toBe(true);
    await expect(append('c')).rejects.toThrow(FencedError);
    await expect(append('c')).rejects.toThrow('HOARDARR_EVENT_LOG=kafka');
    expect(other.movedTo()).toBe('elsewhere');
    expect(await other.read('ingest', 0, 0)).toHaveLength(2);
  });

  it('is held for a time, and no longer', async () => {
    await log.hold(500);
    await expect(append('a')).rejects.toThrow(LogUnavailableError);
    await log.resume();
    await append('a');
    await log.hold(500);
    await expect(append('b')).rejects.toThrow('being moved');
    await clock.advance(501);
    await append('b');
    expect(await log.read('ingest', 0, 0)).toHaveLength(2);
  });

  it('is not held by a clock that was ahead', async () => {
    const ahead = await openEmbeddedLog({ dataDir, clock: new VirtualClock(86_400_000) });
    await ahead.hold(500);
    await ahead.close();
    await append('a');
    expect(await log.read('ingest', 0, 0)).toHaveLength(1);
  });
});
