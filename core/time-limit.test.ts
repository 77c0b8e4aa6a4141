import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { withLimit } from './time-limit.ts';

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

it('ends with the other signal too, and is the limit where there is none', () => {
  const other = new AbortController();
  const limited = withLimit(other.signal, AbortSignal.timeout(60_000));
  other.abort(new Error('stopped'));
  expect(limited.reason).toMatchObject({ message: 'stopped' });
  const limit = AbortSignal.timeout(60_000);
  expect(withLimit(undefined, limit)).toBe(limit);
});
