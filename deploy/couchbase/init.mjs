// `init.mjs`: makes of a Couchbase Server that was never used one that Hoardarr can use: cluster, bucket, collections, user.
// It can be run again: what is there stays. Plain JavaScript without dependencies; the search index is made after it, by
// `hoardarr store indexes`, which knows how long the vectors are.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** As sinks/couchbase/bucket.ts names them. */
export const COLLECTIONS = [
  'reddit_content',
  'github_content',
  'tiktok_favorites',
  'other_content',
  'ledger',
  'sync_metadata',
];

/** Memory of the services, and of the bucket, MiB: the smallest that suit some hundred thousand items. */
const DATA_MIB = 512;
const SEARCH_MIB = 512;
const LOOK_EVERY_MS = 1_000;
const WITHIN_MS = 180_000;

/**
 * https://docs.couchbase.com/server/current/rest-api/rest-intro.html
 *
 * @param {object} settings
 * @param {string} settings.url of the cluster manager, as http://couchbase:8091
 * @param {{ name: string, password: string }} settings.admin made where the server has none yet
 * @param {{ name: string, password: string }} settings.user who may use the bucket, and make its search index
 * @param {string} settings.bucket
 * @param {string} settings.scope has to be there, but for `_default`, which always is
 * @param {(text: string) => void} [settings.say]
 * @param {number} [settings.lookEveryMs]
 * @returns {Promise<void>} when the bucket, its collections and the user can be used
 * @throws Error that says what the server refused, or what did not come in time
 */
export async function initCouchbase({
  url,
  admin,
  user,
  bucket,
  scope,
  say = () => undefined,
  lookEveryMs = LOOK_EVERY_MS,
}) {
  const ask = createAsk(url, admin);
  const until = async (what, isSo) => {
    const deadline = performance.now() + WITHIN_MS;
    while (!(await isSo().catch(() => false))) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${WITHIN_MS / 1000} s`);
      await sleep(lookEveryMs);
    }
  };
  await until(`the server answers at ${url}`, async () => (await ask('GET', '/pools')).status < 500);
  await initCluster(ask, admin, say);

  const buckets = '/pools/default/buckets';
  const place = `${buckets}/${encodeURIComponent(bucket)}`;
  if ((await ask('GET', place)).status === 404) {
    await must(ask('POST', buckets, { ...BUCKET, name: bucket }), `the bucket ${bucket}`);
    say(`made the bucket ${bucket}`);
  }
  await until(`the bucket ${bucket} is ready`, async () => {
    const { nodes = [] } = JSON.parse((await ask('GET', place)).text);
    return nodes.length > 0 && nodes.every(({ status }) => status === 'healthy');
  });

  const scopes = `${place}/scopes`;
  const present = async () => {
    const { text } = await must(ask('GET', `${scopes}/`), 'the list of scopes');
    const found = JSON.parse(text).scopes.find(({ name }) => name === scope);
    if (found === undefined) throw new Error(`the bucket ${bucket} has no scope ${scope}: make it first`);
    return found.collections.map(({ name }) => name);
  };
  const missing = await present().then((names) => COLLECTIONS.filter((name) => !names.includes(name)));
  for (const name of missing) {
    await must(ask('POST', `${scopes}/${encodeURIComponent(scope)}/collections`, { name }), `the collection ${name}`);
    say(`made the collection ${name}`);
  }
  await until('the collections are there', async () => {
    const names = await present();
    return COLLECTIONS.every((name) => names.includes(name));
  });

  const roles = `bucket_full_access[${bucket}],fts_admin[${bucket}]`;
  const person = `/settings/rbac/users/local/${encodeURIComponent(user.name)}`;
  await must(ask('PUT', person, { name: 'Hoardarr', password: user.password, roles }), `the user ${user.name}`);
  say(`${bucket} is ready for ${user.name}`);
}

const BUCKET = {
  bucketType: 'couchbase',
  ramQuota: String(DATA_MIB),
  // A single node has nowhere to put replicas; with more, raise this first.
  replicaNumber: '0',
  storageBackend: 'couchstore',
};

async function initCluster(ask, admin, say) {
  const { status } = await ask('GET', '/pools/default');
  if (status === 200) return;
  if (status === 401) throw new Error(`the server has another administrator than ${admin.name}, or another password`);
  const settings = {
    username: admin.name,
    password: admin.password,
    port: 'SAME',
    clusterName: 'hoardarr',
    services: 'kv,fts',
    memoryQuota: String(DATA_MIB),
    ftsMemoryQuota: String(SEARCH_MIB),
    sendStats: 'false',
  };
  await must(ask('POST', '/clusterInit', settings), 'the cluster');
  say('made the cluster');
}

/** Asks the server; fields go as a form. */
function createAsk(url, { name, password }) {
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  return async (method, path, fields) => {
    const body = fields === undefined ? {} : { body: new URLSearchParams(fields) };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization },
      signal: AbortSignal.timeout(30_000),
      ...body,
    });
    return { status: response.status, text: await response.text() };
  };
}

async function must(asked, what) {
  const answer = await asked;
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`the server refuses ${what} (${answer.status}): ${answer.text.slice(0, 300)}`);
  return answer;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { env } = process;
  const secret = (name) => env[name] || readFileSync(env[`${name}_FILE`] ?? '', 'utf8').trim();
  await initCouchbase({
    url: env.COUCHBASE_MANAGER_URL || 'http://127.0.0.1:8091',
    admin: { name: env.COUCHBASE_ADMIN || 'Administrator', password: secret('COUCHBASE_ADMIN_PASSWORD') },
    user: { name: env.COUCHBASE_USERNAME || 'hoardarr', password: secret('COUCHBASE_PASSWORD') },
    bucket: env.COUCHBASE_BUCKET || 'hoardarr',
    scope: env.COUCHBASE_SCOPE || '_default',
    say: (text) => console.error(`couchbase: ${text}`),
  }).catch((error) => {
    console.error(`couchbase: ${error.message}`);
    process.exitCode = 1;
  });
}
