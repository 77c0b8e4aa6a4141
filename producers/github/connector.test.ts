import { expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import type { ProviderReply } from '../http/types.ts';
import { createConnector } from './connector.ts';

const CODE = {
  device_code: 'd',
  user_code: 'U',
  verification_uri: 'https://github.test/x',
  expires_in: 900,
  interval: 5,
};

async function connect(...answers: readonly object[]): Promise<{ readonly waits: number[]; readonly error: unknown }> {
  const waits: number[] = [];
  let now = 0;
  const left = [...answers];
  const http = {
    send: async (): Promise<ProviderReply> => {
      const body = JSON.stringify(left.shift() ?? { error: 'access_denied' });
      return { status: 200, headers: new Headers(), body };
    },
    usage: () => ({ requests: 0, rateLimitWaitMs: 0 }),
  };
  const clock = {
    now: () => now,
    elapsed: () => now,
    sleep: async (ms: number) => {
      waits.push(ms);
      now += ms;
    },
  };
  const { interactive } = createConnector({
    apiUrl: 'https://api.github.test',
    authUrl: 'https://github.test',
    clientId: 'an-app',
    configured: true,
    httpFor: () => http,
    clock,
  });
  if (!('run' in interactive)) throw new Error('there is a device flow');
  const error = await interactive
    .run(() => undefined, new AbortController().signal)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  return { waits, error };
}

it.each([{ interval: 0 }, { interval: 1e12 }, { expires_in: 1e308 }, { expires_in: -1 }])(
  'a device flow that says when to ask in no way that can be followed (%j) is refused',
  async (odd) => {
    const { waits, error } = await connect({ ...CODE, ...odd });
    expect(error).toBeInstanceOf(InputError);
    expect(waits).toEqual([]);
  },
);

it('an answer that is no token ends the device flow in words', async () => {
  const { error } = await connect(CODE, { error: 'authorization_pending' }, { error: 5 });
  expect(error).toEqual(new InputError('GitHub answered with something that is no token: connect again'));
});
