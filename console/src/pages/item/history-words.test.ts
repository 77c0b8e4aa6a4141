import { expect, test } from '@jest/globals';
import type { HistoryLine } from '../../api/types.ts';
import { authorOf, eventWords, evidenceOf, toneOf } from './history-words.ts';

const line: HistoryLine = {
  at: '2026-01-02T10:00:00.000Z',
  event: 'removed',
  reason: 'absent from a complete snapshot of 58 items',
  snapshotId: 's-1',
  evidence: { coverage: 'complete', count: 1_058, asOf: null, source: { rowsRead: 58, isEmpty: false } },
  author: 'sink',
};

test('a removal is told with its evidence, nested evidence too, and without what is empty', () => {
  expect([eventWords(line), toneOf(line), authorOf(line)]).toEqual([
    'Moved to the trash',
    'going',
    'decided by Hoardarr',
  ]);
  expect(evidenceOf(line)).toEqual([
    ['coverage of the snapshot', 'complete'],
    ['items in the snapshot', '1,058'],
    ['rows read', '58'],
    ['is empty', 'no'],
    ['snapshot', 's-1'],
  ]);
});

test('an event of a newer server is shown as it is', () => {
  expect(eventWords({ ...line, event: 'teleported' })).toBe('teleported');
});

test('a person is called by name', () => {
  expect(authorOf({ ...line, author: 'person:ada' })).toBe('by ada');
});
