import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiWorld } from './api-world.test-helper.ts';

describe('a HEAD', () => {
  const world = new ApiWorld();
  beforeAll(() => world.start());
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  // Without their parameters, so that a route that was there would say so with another status.
  it.each(['/v1/events', '/v1/connections/reddit/callback', '/v1/session/link', '/mcp'])(
    'has no route at %s, which begins or ends something, or streams',
    async (path) => {
      const { status, headers } = await world.ask('HEAD', path);
      expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
    },
  );
});
