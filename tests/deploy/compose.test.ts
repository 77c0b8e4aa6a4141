import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfig } from '../../app/config.ts';
import { VARIABLES, type Variable } from '../../app/config-variables.ts';
import { ROLES } from '../../app/presence.ts';
import { projectRoot } from '../architecture/source-files.ts';

type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: Condition }>>;
  readonly healthcheck?: object;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
  readonly restart?: string;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const { services, volumes } = parse(readFileSync(path.join(projectRoot, 'docker-compose.yml'), 'utf8'), {
  merge: true,
}) as ComposeFile;
const entries = Object.entries(services);
const isOurs = ({ image }: Service): boolean => image.includes('HOARDARR_IMAGE');
/** The services that run a command of Hoardarr. */
const commands = entries.filter(([, service]) => isOurs(service) && service.entrypoint === undefined);

/** `${NAME:-default}` as a shell without a .env file fills it. */
const filled = (value: string | number): string => String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

const known = new Set(
  Object.entries<Variable>(VARIABLES).flatMap(([name, { secret }]) => [
    name,
    ...(secret === true ? [`${name}_FILE`] : []),
  ]),
);

describe('docker-compose.yml', () => {
  it('runs every role, each as a service of its own', () => {
    const started = commands.flatMap(([, { command = [] }]) => (command[0] === 'start' ? [command.slice(1)] : []));
    expect(started).toEqual(ROLES.map((role) => ['--roles', role]));
  });

  it('sets only what Hoardarr reads, to values that it takes', () => {
    for (const [name, { environment = {} }] of commands) {
      expect({ name, unknown: Object.keys(environment).filter((each) => !known.has(each)) }).toEqual({
        name,
        unknown: [],
      });
      const secretsApart = Object.entries(environment).filter(([each]) => !each.endsWith('_FILE'));
      const env = Object.fromEntries(secretsApart.map(([each, value]) => [each, filled(value)]));
      const { kafka, couchbase, schemaRegistry } = loadConfig({}, { ...env, COUCHBASE_PASSWORD: 'from a file' });
      expect({ kafka, couchbase, schemaRegistry }).toMatchObject({
        kafka: { brokers: ['kafka:9092'] },
        couchbase: { url: 'couchbase://couchbase', collections: true, durability: 'majority' },
        schemaRegistry: { url: 'http://registry:8080/apis/ccompat/v7', autoRegister: false },
      });
    }
  });

  it('gives all of them the same settings, and one encryption key', () => {
    const [first, ...others] = commands.map(([, { environment }]) => environment);
    expect(first).toMatchObject({ HOARDARR_ENCRYPTION_KEY_FILE: '/run/hoardarr/encryption-key' });
    for (const other of others) expect(other).toEqual(first);
  });

  it('starts the roles when what they need is there, and set up', () => {
    const after = (name: string): unknown =>
      Object.fromEntries(
        Object.entries(services[name]?.depends_on ?? {}).map(([on, { condition }]) => [on, condition]),
      );
    for (const role of ROLES)
      expect(after(role)).toEqual({
        kafka: 'service_healthy',
        registry: 'service_healthy',
        couchbase: 'service_healthy',
        indexes: 'service_completed_successfully',
      });
    expect(after('indexes')).toMatchObject({
      schemas: 'service_completed_successfully',
      'couchbase-init': 'service_completed_successfully',
    });
    expect(services['schemas']?.command).toEqual(['schemas', 'register']);
    expect(services['indexes']?.command).toEqual(['store', 'indexes']);
  });

  it('asks for the health of every service that others wait for, and orders by conditions that are there', () => {
    const waitedFor = entries.flatMap(([, { depends_on: on = {} }]) => Object.entries(on));
    for (const [name, { condition }] of waitedFor) {
      const service = services[name];
      if (condition === 'service_healthy')
        expect({ name, asked: service?.healthcheck !== undefined }).toEqual({ name, asked: true });
      // What is to end must not be started again.
      else
        expect({ name, condition, restart: service?.restart }).toEqual({
          name,
          condition: 'service_completed_successfully',
          restart: undefined,
        });
    }
  });

  it('lets nobody but this machine in', () => {
    const ports = entries.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('keeps what has to last in volumes, and our own file systems read-only', () => {
    const named = entries.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
    expect([...new Set(named.filter((name) => !name.startsWith('.')))].toSorted()).toEqual(
      Object.keys(volumes).toSorted(),
    );
    for (const [name, service] of entries.filter(([, each]) => isOurs(each)))
      expect({ name, readOnly: service.read_only }).toEqual({ name, readOnly: true });
  });

  it('names a version of every image that it pulls', () => {
    const pulled = entries.filter(([, service]) => !isOurs(service)).map(([, { image }]) => image);
    expect(pulled.filter((image) => !/:[\w-]*\d+\.\d+\.\d+[\w.]*$/.test(image))).toEqual([]);
  });

  it('adds Prometheus and Grafana in a profile, and nothing of the pipeline', () => {
    const inProfile = entries.filter(([, { profiles }]) => profiles?.includes('observability')).map(([name]) => name);
    expect(inProfile).toEqual(['prometheus', 'grafana']);
  });
});
