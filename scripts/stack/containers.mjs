// Parts of the stack as containers, by testcontainers: where Docker is there and Java is not, and for `npm run test:containers`.
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { initCouchbase } from '../../deploy/couchbase/init.mjs';
import { brokerSettings, freePorts } from './programs.mjs';

const START_WITHIN_MS = 240_000;
const REGISTRY_API = '/apis/ccompat/v7';
const ADMIN = { name: 'Administrator', password: 'password' };
const USER = { name: 'hoardarr', password: 'password' };
const BUCKET = 'hoardarr';

/** What is started, unless TEST_KAFKA_IMAGE, TEST_REGISTRY_IMAGE or TEST_COUCHBASE_IMAGE names another image. */
const IMAGES = {
  kafka: 'apache/kafka:4.1.0',
  registry: 'apicurio/apicurio-registry-mem:2.6.13.Final',
  couchbase: 'couchbase/server:enterprise-7.6.5',
};

/**
 * Starts a part as a container, on a free port unless one is given (Couchbase, which has several, takes free ones always).
 *
 * @param {'kafka' | 'registry' | 'couchbase'} part
 * @param {{ port?: number }} [options]
 * @returns {Promise<{ environment: Record<string, string>, stop: () => Promise<unknown> }>} names and values to use the part
 *   with, when it is ready
 */
export async function startContainer(part, { port } = {}) {
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  const image = process.env[`TEST_${part.toUpperCase()}_IMAGE`] || IMAGES[part];
  const start = { kafka: startKafka, registry: startRegistry, couchbase: startCouchbase }[part];
  process.stderr.write(`stack: ${part} from the image ${image}\n`);
  return await start(new GenericContainer(image).withStartupTimeout(START_WITHIN_MS), host, port);
}

/** A broker tells its clients where it is, so its port has to be known before it starts. */
async function startKafka(image, host, port) {
  const at = port ?? (await freePorts(1))[0];
  const settings = {
    ...brokerSettings(1),
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': '1@localhost:9093',
    'controller.listener.names': 'CONTROLLER',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'advertised.listeners': `PLAINTEXT://${host}:${at}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
  };
  const environment = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
      String(value),
    ]),
  );
  const container = await image
    .withEnvironment(environment)
    .withExposedPorts({ container: 9092, host: at })
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  return { environment: { KAFKA_BROKERS: `${host}:${at}` }, stop: () => container.stop() };
}

async function startRegistry(image, host, port) {
  const container = await image
    .withExposedPorts(port === undefined ? 8080 : { container: 8080, host: port })
    .withWaitStrategy(Wait.forHttp(`${REGISTRY_API}/subjects`, 8080))
    .start();
  const url = `http://${host}:${container.getMappedPort(8080)}${REGISTRY_API}`;
  return { environment: { SCHEMA_REGISTRY_URL: url }, stop: () => container.stop() };
}

const COUCHBASE_PORTS = { mgmt: 8091, kv: 11210, fts: 8094 };

/** Outside of the container its ports are others: the server is told which, and tells them to clients that come from there. */
async function startCouchbase(image, host) {
  const container = await image
    .withExposedPorts(...Object.values(COUCHBASE_PORTS))
    .withWaitStrategy(Wait.forHttp('/pools', COUCHBASE_PORTS.mgmt).forStatusCode(200))
    .start();
  const stop = () => container.stop();
  try {
    const ports = Object.fromEntries(
      Object.entries(COUCHBASE_PORTS).map(([name, port]) => [name, String(container.getMappedPort(port))]),
    );
    const url = `http://${host}:${ports.mgmt}`;
    await initCouchbase({ url, admin: ADMIN, user: USER, bucket: BUCKET, scope: '_default' });
    const response = await fetch(`${url}/node/controller/setupAlternateAddresses/external`, {
      method: 'PUT',
      headers: { authorization: `Basic ${Buffer.from(`${ADMIN.name}:${ADMIN.password}`).toString('base64')}` },
      body: new URLSearchParams({ hostname: host, ...ports }),
    });
    if (!response.ok) throw new Error(`the server does not take its outer ports: ${await response.text()}`);
    return {
      environment: {
        COUCHBASE_URL: `couchbase://${host}:${ports.kv}?network=external`,
        COUCHBASE_USERNAME: USER.name,
        COUCHBASE_PASSWORD: USER.password,
        COUCHBASE_BUCKET: BUCKET,
        COUCHBASE_COLLECTIONS: 'on',
        COUCHBASE_DURABILITY: 'majority',
        COUCHBASE_SEARCH_URL: `http://${host}:${ports.fts}`,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
