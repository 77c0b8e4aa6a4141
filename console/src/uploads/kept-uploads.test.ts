import { beforeEach, describe, expect, test } from '@jest/globals';
import { keepText } from '../lib/kept-texts.ts';
import { readKept, withOthers, writeKept } from './kept-uploads.ts';
import type { TrackedUpload } from './tracked-upload.ts';

const upload = (key: string, about: Partial<TrackedUpload> = {}): TrackedUpload => ({
  key,
  id: `id-of-${key}`,
  fileName: `${key}.json`,
  bytes: 10,
  provider: 'tiktok',
  user: 'me',
  asOf: '',
  phase: 'sending',
  sentBytes: 0,
  view: null,
  error: null,
  isCutOff: false,
  ...about,
});
const kept = (): readonly string[] => readKept().map(({ key, phase }) => `${key} ${phase}`);

/** A tab with its list, which the page changes as a whole. */
class Tab {
  list = readKept();

  change(change: (list: readonly TrackedUpload[]) => readonly TrackedUpload[]): void {
    const before = this.list;
    this.list = change(before);
    writeKept(before, this.list);
  }

  add(key: string): void {
    this.change((list) => [upload(key), ...list]);
  }

  set(key: string, about: Partial<TrackedUpload>): void {
    this.change((list) => list.map((each) => (each.key === key ? { ...each, ...about } : each)));
  }
}

describe('uploads of several tabs', () => {
  beforeEach(() => keepText('hoardarr.uploads', null));

  test('are kept together: a tab writes and takes off its own alone', () => {
    const [a, b] = [new Tab(), new Tab()];
    a.add('first');
    b.add('second');
    expect(kept()).toEqual(['second sending', 'first sending']);
    a.set('first', { phase: 'done' });
    b.set('second', { sentBytes: 5 });
    expect(kept()).toEqual(['second sending', 'first done']);
    b.change(() => []);
    expect(kept()).toEqual(['first done']);
    // Taken off the list elsewhere: what is heard of it later does not bring it back.
    const c = new Tab();
    c.change(() => []);
    a.set('first', { error: 'late' });
    expect(kept()).toEqual([]);
  });

  test('are shown in each other: as their own tab says, and what is done stays done', () => {
    const a = new Tab();
    a.add('first');
    const b = new Tab();
    b.add('second');
    a.set('first', { phase: 'following' });
    const shown = (): readonly string[] =>
      withOthers(b.list, (key) => key === 'second').map(({ key, phase }) => `${key} ${phase}`);
    expect(shown()).toEqual(['second sending', 'first following']);
    b.list = withOthers(b.list, (key) => key === 'second');
    b.set('first', { phase: 'done' });
    a.set('first', { isCutOff: true });
    expect(kept()).toEqual(['second sending', 'first done']);
    a.change(() => []);
    expect(shown()).toEqual(['second sending']);
  });

  test('are no more than thirty, and what another version wrote otherwise is forgotten', () => {
    const a = new Tab();
    for (let n = 0; n < 35; n += 1) a.add(`upload-${n}`);
    expect(kept()).toHaveLength(30);
    expect(kept()[0]).toBe('upload-34 sending');
    keepText('hoardarr.uploads', '[{"key":1}]');
    expect(kept()).toEqual([]);
    keepText('hoardarr.uploads', 'no JSON');
    expect(kept()).toEqual([]);
  });
});
