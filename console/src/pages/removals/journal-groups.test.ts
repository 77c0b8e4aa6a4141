import { expect, test } from '@jest/globals';
import type { JournalEntry } from '../../api/types-removals.ts';
import { reasonWords, together } from './journal-groups.ts';

const entry = (id: string, about: Partial<JournalEntry> = {}): JournalEntry => ({
  id,
  at: '2026-01-01T10:00:00Z',
  kind: 'removed',
  provider: 'tiktok',
  user: 'me',
  collection: 'favorites',
  itemId: id,
  title: null,
  url: null,
  reason: 'absent from a complete snapshot',
  snapshotId: 's1',
  evidence: {},
  author: 'sink',
  ...about,
});

test('what one decision did to many items is one story, and others are their own', () => {
  const entries = [
    entry('1', { kind: 'restored', author: 'person:me' }),
    entry('2', { kind: 'restored', author: 'person:me', at: '2026-01-01T09:59:30Z' }),
    entry('3'),
    entry('4'),
    entry('5', { snapshotId: 's2' }),
    entry('6', { snapshotId: 's2', at: '2026-01-01T09:00:00Z' }),
    entry('7', { snapshotId: 's2', at: null }),
  ];
  const ids = together(entries).map((group) => group.map(({ id }) => id));
  expect(ids).toEqual([['1', '2'], ['3', '4'], ['5'], ['6'], ['7']]);
  expect(together([])).toEqual([]);
});

test('what a person decided is told in plain words, and other reasons as they are', () => {
  expect(reasonWords('reject by me')).toBe('The held removal was rejected, so they stay');
  expect(reasonWords('absent from a complete snapshot')).toBe('absent from a complete snapshot');
  expect(reasonWords('')).toBe('');
});
