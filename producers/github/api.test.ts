import { expect, it } from '@jest/globals';
import { GitHubApi, GitHubError } from './api.ts';

it.each(['https://elsewhere.test/user/starred?page=2', 'page 2', ''])(
  'follows no next page that is another place, or none: %j',
  async (next) => {
    const http = {
      send: () => Promise.reject(new Error('it was asked for')),
      usage: () => ({ requests: 0, rateLimitWaitMs: 0 }),
    };
    const api = new GitHubApi('https://api.github.test', http, 'token');
    await expect(api.get(next, {}, new AbortController().signal)).rejects.toThrow(GitHubError);
  },
);
