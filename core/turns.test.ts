import { expect, it } from '@jest/globals';
import { Turns } from './turns.ts';

it('does what has one name one after another, and lets no name wait for another', async () => {
  const turns = new Turns();
  const done: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  void turns.take('a', () => held.then(() => void done.push('a1')));
  const failed = turns.take('a', async () => {
    done.push('a2');
    throw new Error('of its own');
  });
  const last = turns.take('a', async () => void done.push('a3'));
  await turns.take('b', async () => void done.push('b1'));
  expect(done).toEqual(['b1']);
  release();
  await expect(failed).rejects.toThrow('of its own');
  await last;
  await turns.ended();
  expect(done).toEqual(['b1', 'a1', 'a2', 'a3']);
});
