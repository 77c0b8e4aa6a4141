import { expect, it } from '@jest/globals';
import { ControlIds } from './control-ids.ts';

const chosenOf = (
  snapshotId: string,
  ids: readonly string[],
  isSound = (_id: string): boolean => true,
): readonly string[] => {
  const controls = new ControlIds(snapshotId, ids.length);
  for (const id of ids) controls.see(id, isSound(id));
  return controls.ids;
};
const list = Array.from({ length: 100 }, (_, n) => `t3_${100 + n}`);
const snapshots = Array.from({ length: 50 }, (_, n) => `snapshot-${n}`);

it('are others for each snapshot, the same for the same one, and apart', () => {
  const used = new Set(snapshots.flatMap((id) => chosenOf(id, list)));
  expect(used.size).toBeGreaterThan(40);
  for (const id of snapshots) {
    const [a = '', b = ''] = chosenOf(id, list);
    expect(chosenOf(id, list)).toEqual([a, b]);
    expect(list.indexOf(b) - list.indexOf(a)).toBe(50);
  }
});

it('are sound ones where there are any, and two where two are listed', () => {
  const sound = (id: string): boolean => id.endsWith('7');
  for (const id of snapshots) {
    const chosen = chosenOf(id, list, sound);
    expect(chosen).toHaveLength(2);
    expect(chosen.every(sound)).toBe(true);
    expect(chosenOf(id, ['a', 'b', 'c'], () => false)).toHaveLength(2);
    expect(chosenOf(id, ['a', 'b', 'c'], (each) => each === 'c')).toContain('c');
    expect(chosenOf(id, ['a'])).toEqual(['a']);
    expect(chosenOf(id, [])).toEqual([]);
  }
});
