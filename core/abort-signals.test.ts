import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { anyOf, withLimit } from './abort-signals.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

it('ends what takes too long, however often garbage is collected meanwhile', async () => {
  const limited = withLimit(new AbortController().signal, AbortSignal.timeout(200));
  const collecting = setInterval(collectGarbage, 10);
  const reason = await new Promise((resolve) => {
    limited.addEventListener('abort', () => resolve(limited.reason));
  });
  clearInterval(collecting);
  expect(reason).toMatchObject({ name: 'TimeoutError' });
});

it('is aborted though nobody listened, and nobody else held what aborted it', async () => {
  const combined = Array.from({ length: 50 }, (_, n) => {
    const controller = new AbortController();
    const made = anyOf([controller.signal, AbortSignal.timeout(60_000)]);
    setTimeout(() => controller.abort(n), 5);
    return made;
  });
  const limited = Array.from({ length: 50 }, () => withLimit(new AbortController().signal, AbortSignal.timeout(5)));
  // Longer than all of them; garbage is collected once they are over.
  await sleep(100);
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await sleep(5);
  }
  expect(combined.map(({ reason }) => reason)).toEqual(combined.map((_, n) => n));
  expect(limited.filter(({ aborted }) => !aborted)).toEqual([]);
});

it('ends with the other signal too, and is the limit where there is none', () => {
  const other = new AbortController();
  const limited = withLimit(other.signal, AbortSignal.timeout(60_000));
  other.abort(new Error('stopped'));
  expect(limited.reason).toMatchObject({ message: 'stopped' });
  const limit = AbortSignal.timeout(60_000);
  expect(withLimit(undefined, limit)).toBe(limit);
});
