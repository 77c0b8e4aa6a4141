import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SearchRequest } from 'couchbase';
import { InputError, StoreUnavailableError } from '../../core/errors.ts';
import {
  commit,
  direction,
  MODEL,
  OTHER_SCOPE,
  SCOPE,
  searchable,
} from '../../testing/contracts/item-store-samples.ts';
import { describeWithCouchbase } from '../../testing/couchbase/describe-with-couchbase.ts';
import { type OpenBucket, openBucket } from './bucket.ts';
import { openDocumentStore } from './couchbase-store.ts';
import { applyIndex, fillIndex, type IndexDefinition } from './search-index.ts';
import { searchBy, vectorRequest, wordRequest } from './search-service.ts';

const TEMPLATE = JSON.parse(
  readFileSync(path.join(__dirname, '../../deploy/couchbase/search-index.json'), 'utf8'),
) as IndexDefinition;
const PLACE = { bucket: 'saved things', scope: '_default', collections: true };

describe('the definition of the index', () => {
  it('covers every collection of items, with vectors of the length that is stored', () => {
    const filled = fillIndex(TEMPLATE, PLACE, 384);
    expect(Object.keys(filled.params.mapping.types)).toEqual([
      '_default.reddit_content.item',
      '_default.github_content.item',
      '_default.tiktok_favorites.item',
      '_default.other_content.item',
    ]);
    expect(JSON.stringify(filled.params).match(/"dims":\d+/g)).toEqual(Array(4).fill('"dims":384'));
    expect(filled).toMatchObject({ name: 'hoardarr-items', sourceName: 'saved things' });
    const inDefault = fillIndex(TEMPLATE, { ...PLACE, collections: false }, 8);
    expect(Object.keys(inDefault.params.mapping.types)).toEqual(['_default._default.item']);
    const broken = { ...TEMPLATE, params: { mapping: { types: {} } } };
    expect(() => fillIndex(broken, PLACE, 8)).toThrow(InputError);
  });
});

/** The one address of the Search service that is used; the shapes of requests are all that it can prove. */
describe('applying the index', () => {
  const asked: { method?: string; url?: string; login?: string; body: string }[] = [];
  let status = 200;
  let there: object | null = null;
  let server: Server;
  let searchUrl = '';
  beforeAll(async () => {
    server = createServer(
      (request, response) => void answer(request).then(([code, body]) => response.writeHead(code).end(body)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    searchUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function answer(request: IncomingMessage): Promise<[number, string]> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url = '' } = request;
    asked.push({ method, url, login: request.headers.authorization ?? '', body });
    if (method === 'GET') return there === null ? [404, '{}'] : [200, JSON.stringify({ indexDef: there })];
    return [status, status === 200 ? '{"status":"ok"}' : '{"error":"no such bucket"}'];
  }

  const settings = () => ({
    ...PLACE,
    url: '',
    username: 'me',
    password: 'secret',
    durability: 'none' as const,
    searchUrl,
  });

  it('creates it, and replaces the one that is there', async () => {
    await applyIndex(settings(), fillIndex(TEMPLATE, PLACE, 8), fetch);
    const url = '/api/bucket/saved%20things/scope/_default/index/hoardarr-items';
    const login = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(asked.splice(0)).toEqual([
      { method: 'GET', url, login, body: '' },
      { method: 'PUT', url, login, body: JSON.stringify(fillIndex(TEMPLATE, PLACE, 8)) },
    ]);
    there = { uuid: 'present' };
    await applyIndex(settings(), fillIndex(TEMPLATE, PLACE, 8), fetch);
    expect(JSON.parse(asked.splice(0)[1]?.body ?? '{}')).toMatchObject({ uuid: 'present', name: 'hoardarr-items' });
  });

  it('says what the service says, and when nobody answers', async () => {
    status = 400;
    const definition = fillIndex(TEMPLATE, PLACE, 8);
    await expect(applyIndex(settings(), definition, fetch)).rejects.toThrow('no such bucket');
    const nobody = { ...settings(), searchUrl: 'http://127.0.0.1:1' };
    await expect(applyIndex(nobody, definition, fetch)).rejects.toThrow(StoreUnavailableError);
  });
});

describeWithCouchbase('search by the service', (server) => {
  let bucket: OpenBucket;
  beforeAll(async () => {
    bucket = await openBucket({ ...server(), scope: '_default', collections: false, durability: 'none' });
  });
  afterAll(() => bucket.close());

  it('asks for words and vectors within the filter', () => {
    const scopes = [SCOPE, OTHER_SCOPE];
    const words = JSON.stringify(wordRequest('red apples', { states: ['trash'] }, scopes).searchQuery);
    for (const part of [
      '"content.title"',
      '"red apples"',
      '"status.state"',
      '"trash"',
      `"${SCOPE}"`,
      '"status.hidden"',
    ])
      expect(words).toContain(part);
    expect(JSON.stringify(wordRequest('x', { includeHidden: true }, scopes).searchQuery)).not.toContain('hidden');
    const vectors = JSON.stringify(vectorRequest(Float32Array.of(1, 0.5), {}, scopes, 30).vectorSearch);
    expect(vectors).toContain('"vector_base64":"AACAPwAAAD8="');
    for (const part of ['"vector.base64"', '"k":30', '"filter"', '"held"']) expect(vectors).toContain(part);
  });

  it('shows what was found as the ledger has it, once, and not what left the collection since', async () => {
    const asked: SearchRequest[] = [];
    const ids = ['1', '2', '3', '1'].map((id, i) => ({ id: `g1:${SCOPE}/${id}`, score: 9 - i }));
    const found = [{ id: `g1:nobody/me/saved/1`, score: 10 }, ...ids];
    const search = async (request: SearchRequest) => {
      asked.push(request);
      return found;
    };
    const store = openDocumentStore(bucket.spaces(`search-${process.pid}:`), { search });
    await commit(store, {
      items: [
        searchable('1', 'one', direction(1)),
        searchable('2', 'two', direction(2), { state: 'trash' }),
        searchable('3', 'three', direction(3)),
      ],
    });
    expect((await store.searchText('one', {}, 10)).map(({ itemId, score }) => [itemId, score])).toEqual([
      ['1', 9],
      ['3', 7],
    ]);
    expect((await store.searchVectors(direction(1), MODEL, {}, 1)).map(({ itemId }) => itemId)).toEqual(['1']);
    expect(asked).toHaveLength(2);
    expect(await store.searchVectors(direction(1), 'other', {}, 1)).toEqual([]);
    expect(await store.searchText(' ', {}, 10)).toEqual([]);
    expect(await store.searchText('one', { scopes: [] }, 10)).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  it('says what to do where the server has no such service', async () => {
    const search = searchBy(bucket.cluster, { bucket: server().bucket, scope: '_default' });
    await expect(search(wordRequest('x', {}, [SCOPE]), 1)).rejects.toThrow(/hoardarr store indexes/);
  });
});
