import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROLES, type Role } from '../../app/presence.ts';
import { endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';
import { DataFolder } from '../e2e/data-folder.test-support.ts';
import { Machine } from './machine.test-support.ts';

type Environment = Readonly<Record<string, string>>;

/** Which machines run what, by name: two for each role. */
const TWO_OF_EACH: Readonly<Record<string, readonly Role[]>> = {
  'producer-1': ['producer'],
  'producer-2': ['producer'],
  'embed-1': ['embed'],
  'embed-2': ['embed'],
  'sink-1': ['sink'],
  'sink-2': ['sink'],
  'scheduler-1': ['scheduler'],
  'api-1': ['api', 'scheduler'],
  'api-2': ['api'],
};

/** Where the program runs, and from where a person gives commands. */
export class Deployment {
  readonly machines: readonly Machine[];
  /** on which commands are given */
  readonly desk: DataFolder;
  readonly #owned: readonly DataFolder[];

  private constructor(machines: readonly Machine[], desk: DataFolder, owned: readonly DataFolder[]) {
    this.machines = machines;
    this.desk = desk;
    this.#owned = owned;
  }

  /** Every role in one process, with everything in its data folder. */
  static embedded(env: Environment): Deployment {
    const machine = new Machine('alone', ROLES, { ...COMMON, ...env });
    return new Deployment([machine], machine.folder, []);
  }

  /** Two processes for each role, and the desk, each with nothing but its own data folder and the servers of `stack`. */
  static distributed(env: Environment, stack: Environment): Deployment {
    const all = { ...COMMON, HOARDARR_ENCRYPTION_KEY: randomBytes(32).toString('base64'), ...stack, ...env };
    const machines = Object.entries(TWO_OF_EACH).map(([name, roles]) => new Machine(name, roles, all));
    const desk = new DataFolder(all);
    return new Deployment(machines, desk, [desk]);
  }

  async start(): Promise<void> {
    if (this.desk.env['HOARDARR_EVENT_LOG'] === 'kafka') await this.desk.json('schemas', 'register');
    await Promise.all(this.machines.map((machine) => machine.start()));
  }

  machine(name: string): Machine {
    const found = this.machines.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no machine ${name}`);
    return found;
  }

  /** Of a machine that runs the API. */
  get url(): string {
    const found = this.machines.find(({ url, isRunning }) => url !== null && isRunning)?.url;
    if (found === undefined || found === null) throw new Error('no machine runs the API');
    return found;
  }

  async remove(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.remove()));
    for (const folder of this.#owned) folder.remove();
  }
}

/** Nothing is done but what the story asks for, and no port is taken. */
const COMMON: Environment = {
  LOG_LEVEL: 'warn',
  HOARDARR_PORT: '0',
  HOARDARR_SYNC_INTERVAL_SECONDS: '31536000',
  HOARDARR_FULL_AFTER_HOURS: '87600',
  HOARDARR_FULL_EVERY: '1000000',
};

/** Servers of the tests' own, since they are disturbed. */
export interface Servers {
  /** the folder whose kafka.json names the processes of the brokers */
  readonly stateDir: string;
  /** How a deployment reaches them; its topics are its own. */
  environment(topicPrefix: string): Environment;
  end(): Promise<void>;
}

/** Three brokers, a registry, and Couchbase's protocol server. */
export async function startServers(): Promise<Servers> {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'distributed-'));
  const started = await Promise.all([
    startOwnParts(['kafka'], stateDir, '--nodes', '3'),
    startOwnParts(['registry', 'couchbase'], stateDir),
  ]);
  const found: Environment = { ...started[0], ...started[1] };
  return {
    stateDir,
    environment: (topicPrefix) => ({
      HOARDARR_EVENT_LOG: 'kafka',
      HOARDARR_STORE: 'couchbase',
      COUCHBASE_COLLECTIONS: 'off',
      COUCHBASE_DURABILITY: 'none',
      HOARDARR_TOPIC_PREFIX: topicPrefix,
      ...found,
    }),
    end: () => endOwnParts(stateDir),
  };
}
