import { expect, it } from '@jest/globals';
import { openMemoryApp } from '../testing/topology/memory-app.ts';
import { ServedApp } from './served-app.ts';

it('is taken away when nobody works on it any more, and lets whoever comes then wait for the next one', async () => {
  const [{ app: first }, { app: second }] = [await openMemoryApp({ seed: 1 }), await openMemoryApp({ seed: 2 })];
  const told: string[] = [];
  const nameOf = (app: unknown): string => (app === first ? 'first' : 'second');
  const served = new ServedApp(first);
  let end = (): void => undefined;
  const slow = served.use(async (app) => {
    await new Promise<void>((resolve) => (end = resolve));
    told.push(`slow on ${nameOf(app)}`);
  });
  const failed = served.use(async () => Promise.reject(new Error('of no interest')));
  await expect(failed).rejects.toThrow('of no interest');
  // One that comes in the very moment works on neither before the other is there.
  const just = served.use(async (app) => void told.push(`just on ${nameOf(app)}`));
  const taken = served.take().then(() => told.push('taken'));
  const late = served.use(async (app) => void told.push(`late on ${nameOf(app)}`));
  end();
  await Promise.all([slow, taken]);
  expect(told).toEqual(['slow on first', 'taken']);
  served.give(second);
  await Promise.all([just, late]);
  expect(told.slice(2).sort()).toEqual(['just on second', 'late on second']);
  await first.close();
  await second.close();
});
