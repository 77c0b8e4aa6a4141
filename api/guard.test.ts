import { describe, expect, it } from '@jest/globals';
import { isToken, routeKind } from './guard.ts';

describe('who may ask for a route', () => {
  it.each([
    ['GET', '/healthz', 'health'],
    ['HEAD', '/readyz', 'health'],
    ['GET', '/', 'console'],
    ['GET', '/*', 'console'],
    ['GET', '/assets/*', 'console'],
    ['HEAD', '/*', 'console'],
    ['POST', '/*', 'guarded'],
    ['DELETE', '/', 'guarded'],
    ['GET', '/v1/session', 'login'],
    ['DELETE', '/v1/session', 'login'],
    ['GET', '/v1/session/oidc/callback', 'login'],
    ['GET', '/v1/connections/reddit/callback', 'login'],
    ['GET', '/v1/items', 'guarded'],
    ['GET', '/v1', 'guarded'],
    ['GET', '/V1/items', 'guarded'],
    ['GET', '/v1/*', 'guarded'],
    ['GET', '/metrics', 'guarded'],
    ['GET', '/openapi.json', 'guarded'],
    ['GET', '/mcp', 'guarded'],
    ['POST', '/mcp', 'guarded'],
    ['GET', '/mcpanel', 'console'],
  ] as const)('%s %s is %s', (method, route, kind) => {
    expect(routeKind(method, route, '/whatever')).toBe(kind);
  });

  it('is told by the route that matched, however the path was written', () => {
    expect(routeKind('GET', '/v1/items', '/%76%31/items')).toBe('guarded');
    expect(routeKind('GET', '/v1/items', '/assets/x')).toBe('guarded');
  });

  it.each([
    ['/v1/nowhere', 'guarded'],
    ['/%76%31/nowhere', 'guarded'],
    ['/items/of/the/console', 'console'],
    ['/%E0%A4%A', 'console'],
  ] as const)('where no route matched, %s is %s', (path, kind) => {
    expect(routeKind('GET', undefined, path)).toBe(kind);
  });
});

it.each([
  ['Bearer abc', true],
  ['bearer  abc ', true],
  ['Bearer abcd', false],
  ['Bearer ab', false],
  ['Basic abc', false],
  ['abc', false],
  [undefined, false],
])('the header %j holds the token: %j', (header, expected) => {
  expect(isToken(header, 'abc')).toBe(expected);
});
