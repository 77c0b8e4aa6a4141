import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { App } from '../app/app.ts';
import { LogUnavailableError, StoreUnavailableError } from '../core/errors.ts';
import { ApiWorld, PROBLEM } from './api-world.test-helper.ts';
import { startApi } from './start-api.ts';

const world = new ApiWorld();
beforeAll(() => world.start());
afterAll(async () => {
  await world.stop();
  world.cli.remove();
});

/** What an API on the same folder answers to whom some part of it is away. */
async function asked(change: (app: App) => Partial<App>, path: string): Promise<Response> {
  const { app } = world;
  if (app === undefined) throw new Error('the API is not open');
  const api = await startApi({ ...app, ...change(app) });
  try {
    return await fetch(`${api.url}${path}`);
  } finally {
    await api.stop();
  }
}

const away = (error: Error) => async (): Promise<never> => {
  throw error;
};

it('says which part does not answer, and which role of the process does not run', async () => {
  const withoutParts = ({ log, store }: App): Partial<App> => ({
    log: Object.assign(Object.create(log) as App['log'], { ends: away(new LogUnavailableError('no broker')) }),
    store: { ...store, scopes: away(new StoreUnavailableError('cut off')) },
  });
  const answer = await asked(withoutParts, '/readyz');
  const problem = await answer.json();
  expect(problem).toEqual(PROBLEM);
  expect(problem).toMatchObject({ status: 503, detail: 'the log does not answer; the store does not answer' });
  const withoutRole = ({ roles }: App): Partial<App> => ({
    roles: Object.create(roles, {
      missing: { value: ['sink'] },
      left: { value: roles.left },
    }) as App['roles'],
  });
  expect(await (await asked(withoutRole, '/readyz')).json()).toMatchObject({ detail: 'the role sink does not run' });
});

it('is another question than whether the process runs', async () => {
  const withoutLog = ({ log }: App): Partial<App> => ({
    log: Object.assign(Object.create(log) as App['log'], { ends: away(new LogUnavailableError('no broker')) }),
  });
  expect((await asked(withoutLog, '/healthz')).status).toBe(200);
});
