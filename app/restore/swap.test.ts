import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import { systemClock } from '../clock.ts';
import { lockFolder } from '../embedded/folder-lock.ts';
import { createTelemetry } from '../telemetry.ts';
import { enterFolder, leaveRestore, undoRestore } from './enter-folder.ts';
import { asideFolder, isSwapDue, type Marker, readMarker, workFolder, writeMarker } from './marker.ts';
import { swap, wayBack } from './swap.ts';

const START: Marker = {
  id: '11111111-2222-4333-8444-555555555555',
  phase: 'ready',
  from: 'backup.tar',
  items: 1,
  backupAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-02T00:00:00.000Z',
  detail: null,
};
const OLD = ['meta.db', 'log.db', 'log.db-wal', 'store-1.db', 'cache.db', 'encryption-key.json', 'schemas', 'uploads'];
const NEW = ['meta.db', 'log.db', 'store-4.db', 'encryption-key.json', 'schemas', 'uploads'];
const FOLDERS = new Set(['schemas', 'uploads']);
const deps = { clock: systemClock, log: createTelemetry({ level: 'silent', secrets: [] }).log, waitMs: 200 };

class Killed extends Error {}

describe('putting a backup in its place', () => {
  let dataDir = '';

  const fill = (folder: string, names: readonly string[], text: string): void => {
    for (const name of names) {
      const file = path.join(folder, name, ...(FOLDERS.has(name) ? ['inside'] : []));
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  };
  /** What every process would find, by name. */
  const found = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [...new Set([...OLD, ...NEW])]
        .filter((name) => existsSync(path.join(dataDir, name)))
        .map((name) => [
          name,
          readFileSync(path.join(dataDir, name, ...(FOLDERS.has(name) ? ['inside'] : [])), 'utf8'),
        ]),
    );
  const all = (names: readonly string[], text: string): Readonly<Record<string, string>> =>
    Object.fromEntries(names.map((name) => [name, text]));

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'swap-'));
    fill(dataDir, OLD, 'old');
    fill(
      dataDir,
      ['backups', 'thumbnails'].map((name) => path.join(name, 'kept')),
      'kept',
    );
    mkdirSync(workFolder(dataDir, START));
    fill(workFolder(dataDir, START), NEW, 'new');
    writeMarker(dataDir, START);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  /** Dies before step `n` of an attempt; false when the attempt has fewer. */
  const killedAt = (n: number): boolean => {
    let step = 0;
    try {
      swap(dataDir, readMarker(dataDir) ?? START, () => {
        if (step++ === n) throw new Killed();
      });
      return false;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return true;
    }
  };

  it('can be killed before any step, and goes on: all is new, and all that was is kept aside', async () => {
    let steps = 0;
    for (; killedAt(steps); steps++) {
      // Each attempt goes one step further than the one before, from wherever that ended.
      expect(isSwapDue(readMarker(dataDir))).toBe(true);
      expect(new Set(Object.values(found())).size).toBeLessThanOrEqual(1);
    }
    expect(steps).toBeGreaterThan(1);
    expect(readMarker(dataDir)).toMatchObject({ phase: 'placed' });
    expect(found()).toEqual(all(NEW, 'new'));
    expect(readdirSync(asideFolder(dataDir, START)).sort()).toEqual([...OLD].sort());
    expect(existsSync(path.join(dataDir, 'thumbnails', 'kept'))).toBe(true);
    leaveRestore(dataDir, readMarker(dataDir) ?? START);
    expect(readdirSync(dataDir).sort()).toEqual([...NEW, 'backups', 'thumbnails'].sort());
  });

  it.each(Array.from({ length: 20 }, (_, n) => n))('killed once before step %i, it ends the same', async (n) => {
    killedAt(n);
    const inside = await enterFolder(dataDir, deps);
    expect(found()).toEqual(all(NEW, 'new'));
    await inside.close();
  });

  it.each(Array.from({ length: 20 }, (_, n) => n))(
    'undone because the new data do not open, and killed before step %i of that, all is as before',
    async (n) => {
      swap(dataDir, START);
      writeMarker(dataDir, { ...START, phase: 'undo', detail: 'it does not open' });
      killedAt(n);
      const inside = await enterFolder(dataDir, deps);
      expect(found()).toEqual(all(OLD, 'old'));
      expect(readMarker(dataDir)).toMatchObject({ phase: 'failed', detail: 'it does not open' });
      await inside.close();
      leaveRestore(dataDir, readMarker(dataDir) ?? START);
      expect(readdirSync(dataDir).sort()).toEqual([...OLD, '.lock', 'backups', 'thumbnails'].sort());
    },
  );

  it.each(Array.from({ length: 20 }, (_, n) => n))('that fails at step %i goes back to what was', (n) => {
    killedAt(n);
    const back = wayBack(readMarker(dataDir) ?? START, 'the disk failed');
    expect(back).not.toBeNull();
    swap(dataDir, writeMarker(dataDir, back ?? START));
    expect(found()).toEqual(all(OLD, 'old'));
    expect(readMarker(dataDir)).toMatchObject({ phase: 'failed', detail: 'the disk failed' });
  });

  it.each(['ready', 'aside'] as const)(
    'that is not there any more is noticed in phase %s: all is as before',
    async (phase) => {
      if (phase === 'aside') for (let n = 0; readMarker(dataDir)?.phase === 'ready'; n++) killedAt(n);
      rmSync(workFolder(dataDir, START), { recursive: true });
      expect(() => swap(dataDir, readMarker(dataDir) ?? START)).toThrow(/not there any more/);
      const inside = await enterFolder(dataDir, deps);
      expect(found()).toEqual(all(OLD, 'old'));
      expect(readMarker(dataDir)).toMatchObject({ phase: 'failed', detail: expect.stringContaining('not there') });
      await inside.close();
    },
  );

  it('waits for those who are inside, and is given up, without a change, when they stay', async () => {
    const leave = lockFolder(dataDir, 'shared');
    const inside = await enterFolder(dataDir, deps);
    expect(readMarker(dataDir)).toMatchObject({ phase: 'failed', detail: expect.stringContaining('another process') });
    expect(found()).toEqual(all(OLD, 'old'));
    leave?.();
    await inside.close();
  });

  it('is not given up any more when data of before made room already', async () => {
    killedAt(3);
    const leave = lockFolder(dataDir, 'shared');
    await expect(enterFolder(dataDir, deps)).rejects.toThrow(InputError);
    expect(readMarker(dataDir)).toMatchObject({ phase: 'ready' });
    leave?.();
    const inside = await enterFolder(dataDir, deps);
    expect(found()).toEqual(all(NEW, 'new'));
    await inside.close();
  });

  it('goes on when they have left, and who comes later waits for it', async () => {
    const leave = lockFolder(dataDir, 'shared');
    const [first, second] = [0, 1].map(() => enterFolder(dataDir, { ...deps, waitMs: 30_000 }));
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(found()).toEqual(all(OLD, 'old'));
    leave?.();
    const inside = [await first, await second];
    expect(found()).toEqual(all(NEW, 'new'));
    for (const each of inside) await each?.close();
  });

  it('is not undone once the new data were opened', async () => {
    swap(dataDir, START);
    leaveRestore(dataDir, readMarker(dataDir) ?? START);
    expect(await undoRestore(dataDir, 'too late', deps)).toBe(false);
    expect(found()).toEqual(all(NEW, 'new'));
  });
});
