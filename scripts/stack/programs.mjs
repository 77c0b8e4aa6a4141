// How each part of the stack is run: its Java processes, when it is ready, and what tells others where it is.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { secureListener, TEST_USER } from './secure-listener.mjs';

const HOST = '127.0.0.1';

/**
 * @typedef {object} Program
 * @property {{ readonly before: readonly string[][], readonly args: readonly string[] }[]} processes arguments of `java`:
 *   what has to end well before, and what stays
 * @property {() => Promise<boolean>} isReady
 * @property {() => Promise<Record<string, string>>} environment names and values to use the part with, once it is ready
 */

/**
 * @param {string} part
 * @param {{ folder: string, workDir: string, port?: number, nodes?: number, secure?: number }} options `folder` of
 *   fetchPart; `workDir` for what the part writes; a free port unless one is given; for kafka alone: so many `nodes` (default
 *   1), and with `secure` a listener of the first that wants TLS and a user
 * @returns {Promise<Program>}
 */
export async function programOf(part, options) {
  const programs = { kafka, registry, couchbase };
  return await programs[part](options);
}

async function kafka({ folder, workDir, port, nodes = 1, secure = 0 }) {
  const [securePort, ...ports] = await freePorts(2 * nodes + 1);
  const secured = secure === 0 ? null : secureListener(workDir, HOST, securePort);
  if (port !== undefined) ports[0] = port;
  const brokers = ports.slice(0, nodes);
  const controllers = ports.slice(nodes);
  const voters = controllers.map((controller, index) => `${index + 1}@${HOST}:${controller}`).join(',');
  const clusterId = randomBytes(16).toString('base64url');
  const classPath = path.join(folder, '*');
  const processes = brokers.map((broker, index) => {
    const file = path.join(workDir, `node-${index + 1}.properties`);
    const dataDir = path.join(workDir, `node-${index + 1}`);
    const extra = index === 0 ? secured : null;
    const place = { nodeId: index + 1, nodes, broker, controller: controllers[index], voters, dataDir };
    writeFileSync(file, properties({ ...place, extra }));
    // One word, since an id may begin with a dash.
    const format = ['-cp', classPath, 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', file];
    return {
      before: [...(extra?.before ?? []), [...format, ...(extra?.format ?? [])]],
      args: ['-Xmx512m', '-cp', classPath, 'kafka.Kafka', file],
    };
  });
  return {
    processes,
    isReady: async () => (await Promise.all(brokers.map(answers))).every(Boolean),
    environment: async () => ({
      KAFKA_BROKERS: brokers.map((broker) => `${HOST}:${broker}`).join(','),
      ...(secured && {
        SECURE_BROKERS: `${HOST}:${securePort}`,
        SECURE_CA: path.join(workDir, 'broker.pem'),
        SECURE_USERNAME: TEST_USER.username,
        SECURE_PASSWORD: TEST_USER.password,
      }),
    }),
  };
}

/** Broker and controller in one. */
function properties({ nodeId, nodes, broker, controller, voters, dataDir, extra }) {
  const settings = {
    ...brokerSettings(nodes),
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    listeners: [`PLAINTEXT://${HOST}:${broker}`, `CONTROLLER://${HOST}:${controller}`, extra?.listener]
      .filter(Boolean)
      .join(','),
    ...extra?.settings,
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataDir,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/**
 * How a broker of tests behaves, wherever it runs. Times are short where tests would wait: new groups are dealt at once,
 * sessions may be short, and the cleaner looks often.
 *
 * @param {number} nodes
 */
export function brokerSettings(nodes) {
  const replicas = Math.min(3, nodes);
  return {
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 100,
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 4000,
    'log.cleaner.backoff.ms': 200,
    'log.segment.delete.delay.ms': 1000,
    'log.retention.check.interval.ms': 1000,
  };
}

async function registry({ folder, port }) {
  const at = port ?? (await freePorts(1))[0];
  const runner = readdirSync(folder).find((file) => file.endsWith('-runner.jar'));
  const url = `http://${HOST}:${at}`;
  return {
    processes: [
      {
        before: [],
        args: [
          '-Xmx512m',
          `-Dquarkus.http.port=${at}`,
          `-Dquarkus.http.host=${HOST}`,
          '-jar',
          path.join(folder, runner),
        ],
      },
    ],
    isReady: async () => (await fetch(`${url}/apis/ccompat/v7/subjects`)).ok,
    environment: async () => ({ SCHEMA_REGISTRY_URL: `${url}/apis/ccompat/v7` }),
  };
}

const BUCKET = 'hoardarr';

async function couchbase({ folder, port }) {
  const at = port ?? (await freePorts(1))[0];
  const jar = path.join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.jar')),
  );
  const server = ['-p', String(at), '-n', '1', '-R', '0', '-v', '64', '-b', `${BUCKET}:`, '--cccp'];
  // The mock's own user; it knows no other.
  const user = { COUCHBASE_USERNAME: 'Administrator', COUCHBASE_PASSWORD: 'password' };
  const authorization = `Basic ${Buffer.from(Object.values(user).join(':')).toString('base64')}`;
  const bucket = async () => {
    const answer = await fetch(`http://${HOST}:${at}/pools/default/buckets/${BUCKET}`, { headers: { authorization } });
    return answer.ok ? await answer.json() : null;
  };
  return {
    // It keeps everything in memory, also what a benchmark writes.
    processes: [{ before: [], args: ['-Xmx2g', '-cp', jar, 'com.couchbase.mock.CouchbaseMock', ...server] }],
    isReady: async () => (await bucket()) !== null,
    environment: async () => {
      const [{ services }] = (await bucket()).nodesExt;
      const url = `couchbase://${HOST}:${services.kv}`;
      // The mock knows neither collections nor durability levels.
      const without = { COUCHBASE_COLLECTIONS: 'off', COUCHBASE_DURABILITY: 'none' };
      return { COUCHBASE_URL: url, ...user, COUCHBASE_BUCKET: BUCKET, ...without };
    },
  };
}

/** Ports that nobody has now; all are held until the last is found, so that none comes twice. */
export async function freePorts(count) {
  const servers = [];
  for (let index = 0; index < count; index += 1) {
    const server = createServer();
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, HOST, resolve));
    servers.push(server);
  }
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** The folder that a part writes into, fresh. */
export function makeWorkDir(stateDir, part) {
  const workDir = path.join(stateDir, `${part}-${randomBytes(4).toString('hex')}`);
  mkdirSync(workDir, { recursive: true });
  return workDir;
}
