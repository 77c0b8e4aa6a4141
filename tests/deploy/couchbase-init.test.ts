import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ITEM_COLLECTION_NAMES } from '../../sinks/couchbase/bucket.ts';
import { projectRoot } from '../architecture/source-files.ts';

const SCRIPT = path.join(projectRoot, 'deploy/couchbase/init.mjs');
const ADMIN = `Basic ${Buffer.from('Administrator:planted-admin').toString('base64')}`;

/** Couchbase Server's management, as far as the script uses it, by its REST API's own documentation. */
class FakeManager {
  readonly changes: string[] = [];
  authorization: string | null = null;
  bucket: URLSearchParams | null = null;
  readonly collections = new Set(['_default']);
  user: URLSearchParams | null = null;
  /** how often the bucket is asked about before it is ready */
  warmUps = 2;
  refuses: string | null = null;
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const fields = new URLSearchParams(Buffer.concat(chunks).toString());
      const what = `${request.method ?? ''} ${request.url ?? ''}`;
      const [status, body] = this.#answer(what, fields, request.headers.authorization);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(what: string, fields: URLSearchParams, authorization: string | undefined): readonly [number, unknown] {
    const isChange = !what.startsWith('GET');
    if (isChange) this.changes.push(what);
    if (what === this.refuses) return [400, { errors: { ramQuota: 'planted refusal' } }];
    if (what === 'GET /pools') return [200, {}];
    if (this.authorization !== null && authorization !== this.authorization) return [401, {}];
    if (what === 'POST /clusterInit') {
      const [name, password] = [fields.get('username'), fields.get('password')];
      this.authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
      return fields.get('services') === 'kv,fts' && fields.get('port') === 'SAME' ? [200, {}] : [400, {}];
    }
    if (this.authorization === null) return [404, 'unknown pool'];
    if (what === 'GET /pools/default') return [200, {}];
    if (what === 'POST /pools/default/buckets') {
      this.bucket = fields;
      return [202, {}];
    }
    if (this.bucket === null) return [404, {}];
    return this.#answerOfBucket(what, fields);
  }

  #answerOfBucket(what: string, fields: URLSearchParams): readonly [number, unknown] {
    const place = '/pools/default/buckets/hoardarr';
    if (what === `GET ${place}`) return [200, { nodes: [{ status: this.warmUps-- > 0 ? 'warmup' : 'healthy' }] }];
    if (what === `GET ${place}/scopes/`) {
      const collections = [...this.collections].map((name) => ({ name }));
      return [200, { scopes: [{ name: '_default', collections }] }];
    }
    if (what === `POST ${place}/scopes/_default/collections`) {
      this.collections.add(fields.get('name') ?? '');
      return [200, { uid: '1' }];
    }
    if (what === 'PUT /settings/rbac/users/local/hoardarr') {
      this.user = fields;
      return [200, {}];
    }
    return [404, { what }];
  }
}

describe('setting up a Couchbase Server', () => {
  let manager: FakeManager;
  beforeEach(async () => {
    manager = new FakeManager();
    await manager.start();
  });
  afterEach(() => manager.stop());

  const run = async (env: Readonly<Record<string, string>> = {}): Promise<{ code: number; stderr: string }> => {
    const all = {
      COUCHBASE_MANAGER_URL: manager.url,
      COUCHBASE_ADMIN_PASSWORD: 'planted-admin',
      COUCHBASE_PASSWORD: 'planted-user',
    };
    return await promisify(execFile)(process.execPath, [SCRIPT], { env: { ...all, ...env } }).then(
      ({ stderr }) => ({ code: 0, stderr }),
      ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, stderr }),
    );
  };

  it('makes the cluster, the bucket, the collections that the store uses, and a user', async () => {
    const { code, stderr } = await run();
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('planted') });
    expect(manager.authorization).toBe(ADMIN);
    expect(Object.fromEntries(manager.bucket ?? [])).toMatchObject({ name: 'hoardarr', replicaNumber: '0' });
    expect(manager.collections).toEqual(new Set(['_default', ...ITEM_COLLECTION_NAMES, 'ledger', 'sync_metadata']));
    expect(Object.fromEntries(manager.user ?? [])).toEqual({
      name: 'Hoardarr',
      password: 'planted-user',
      roles: 'bucket_full_access[hoardarr],fts_admin[hoardarr]',
    });
  });

  it('goes on where it was cut off, and changes nothing but the user when all is there', async () => {
    await run();
    manager.collections.delete('ledger');
    manager.changes.length = 0;
    expect((await run()).code).toBe(0);
    const user = 'PUT /settings/rbac/users/local/hoardarr';
    expect(manager.changes).toEqual(['POST /pools/default/buckets/hoardarr/scopes/_default/collections', user]);
    manager.changes.length = 0;
    expect((await run()).code).toBe(0);
    expect(manager.changes).toEqual([user]);
  });

  it('says what the server refuses, and ends badly', async () => {
    manager.refuses = 'POST /pools/default/buckets';
    const { code, stderr } = await run();
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('refuses the bucket hoardarr (400)'),
    });
    expect(stderr).toContain('planted refusal');
  });

  it('does not touch a server that belongs to another administrator', async () => {
    manager.authorization = 'Basic another';
    const { code, stderr } = await run();
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('another administrator') });
    expect(manager.changes).toEqual([]);
  });

  it('says which scope is missing', async () => {
    const { code, stderr } = await run({ COUCHBASE_SCOPE: 'mine' });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('has no scope mine') });
  });
});
