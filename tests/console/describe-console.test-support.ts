import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect } from '@jest/globals';
import { couchbaseOf, environmentOf } from '../../testing/couchbase/couchbase-server.ts';
import {
  describeWithChromium,
  describeWithParts,
  endOwnParts,
  type PartEnvironment,
  startOwnParts,
} from '../../testing/stack/real-parts.ts';
import { ConsoleWorld, closeBrowser, DESKTOP, EMBEDDED, type Ground, PHONE } from './console-world.test-support.ts';

/** Of a journey, ms: machines are slow where many tests run. */
export const LIMIT_MS = 240_000;

/** What journeys are made with. */
export const SIZES = [
  ['a desktop', DESKTOP],
  ['a phone', PHONE],
] as const;

type Journeys = (world: () => ConsoleWorld) => void;

/** A suite of journeys, each in a world of its own; after each, no page may have complained or asked another host. */
export function describeConsole(name: string, body: Journeys): void {
  describeWithChromium(name, () => journeysOn(async () => EMBEDDED, body));
}

/**
 * The same with the log on Kafka and the store in Couchbase, and two processes that share nothing else: one serves the console,
 * the other does everything besides.
 */
export function describeDistributedConsole(name: string, body: Journeys): void {
  describeWithChromium(name, () => {
    describeWithParts(`${name}, on Kafka and Couchbase`, ['kafka', 'registry', 'couchbase'], (found) => {
      let storeDir = '';
      // A bucket belongs to one log, and every world begins with an empty one.
      const lay = async (): Promise<Ground> => {
        storeDir = mkdtempSync(path.join(tmpdir(), 'console-store-'));
        return distributedGround(found(), await startOwnParts(['couchbase'], storeDir));
      };
      journeysOn(lay, body);
      afterEach(() => endOwnParts(storeDir), LIMIT_MS);
    });
  });
}

function distributedGround(servers: PartEnvironment, store: PartEnvironment): Ground {
  const { KAFKA_BROKERS = '', SCHEMA_REGISTRY_URL = '' } = servers;
  return {
    processes: [['api'], ['scheduler', 'producer', 'embed', 'sink']],
    env: {
      ...environmentOf(couchbaseOf(store)),
      KAFKA_BROKERS,
      SCHEMA_REGISTRY_URL,
      SCHEMA_REGISTRY_AUTO_REGISTER: 'on',
      HOARDARR_EVENT_LOG: 'kafka',
      HOARDARR_TOPIC_PREFIX: `console-${process.pid}-${Date.now()}.`,
      HOARDARR_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    },
    isPictured: false,
  };
}

function journeysOn(lay: () => Promise<Ground>, body: Journeys): void {
  let world: ConsoleWorld;
  beforeEach(async () => {
    world = new ConsoleWorld(await lay());
  }, LIMIT_MS);
  afterEach(async () => {
    const { complaints, strangers } = world;
    await world.end();
    expect({ complaints, strangers: [...strangers] }).toEqual({ complaints: [], strangers: [] });
  }, LIMIT_MS);
  afterAll(closeBrowser, LIMIT_MS);
  body(() => world);
}
