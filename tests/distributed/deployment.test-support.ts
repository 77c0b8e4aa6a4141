import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROLES, type Role } from '../../app/presence.ts';
import { Machine } from '../../testing/machines/machine.ts';
import { endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';
import { DataFolder } from '../e2e/data-folder.test-support.ts';

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
    const desk = new DataFolder({ ...COMMON, ...env });
    return new Deployment([new Machine('alone', ROLES, desk)], desk, []);
  }

  /** Two processes for each role, and the desk, each with nothing but its own data folder and the servers that it is told of. */
  static distributed(...env: readonly Environment[]): Deployment {
    const given = Object.fromEntries(env.flatMap((each) => Object.entries(each)));
    const all = { ...COMMON, HOARDARR_ENCRYPTION_KEY: randomBytes(32).toString('base64'), ...given };
    const machines = Object.entries(TWO_OF_EACH).map(([name, roles]) => new Machine(name, roles, new DataFolder(all)));
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
  /** its kafka.json names the processes of the brokers */
  readonly kafkaDir: string;
  /** Names of the environment and their values, of Kafka and the registry. */
  readonly found: Environment;
  /** A fresh store, and how to reach it. */
  newStore(): Promise<Environment>;
  /** A broker that was started again. */
  alsoEnd(child: ChildProcess): void;
  end(): Promise<void>;
}

/** Three brokers and a registry. */
export async function startServers(): Promise<Servers> {
  const kafkaDir = mkdtempSync(path.join(tmpdir(), 'distributed-'));
  const folders = [kafkaDir];
  const children: ChildProcess[] = [];
  const found = { ...(await startOwnParts(['kafka', 'registry'], kafkaDir, '--nodes', '3')) };
  return {
    kafkaDir,
    found,
    alsoEnd: (child) => void children.push(child),
    async newStore() {
      const folder = mkdtempSync(path.join(tmpdir(), 'distributed-'));
      folders.push(folder);
      return await startOwnParts(['couchbase'], folder);
    },
    async end() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(folders.map(endOwnParts));
    },
  };
}

/** How a deployment is told of its servers; its topics are its own. */
export function usingServers(topicPrefix: string, ...found: readonly Environment[]): Environment {
  return {
    HOARDARR_EVENT_LOG: 'kafka',
    HOARDARR_STORE: 'couchbase',
    HOARDARR_TOPIC_PREFIX: topicPrefix,
    ...Object.fromEntries(found.flatMap((each) => Object.entries(each))),
  };
}
