import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AvroDeserializer, AvroSerializer } from '@confluentinc/schemaregistry/dist/serde/avro.js';
import { SerdeType } from '@confluentinc/schemaregistry/dist/serde/serde.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { systemClock } from '../../app/clock.ts';
import { InputError, SchemasUnavailableError } from '../../core/errors.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName } from '../../schemas/generated/records.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import { fullName, subjectName, TOPICS_OF } from '../../schemas/subjects.ts';
import { arbitraryRecord } from '../../testing/arbitraries/records.ts';
import { until } from '../../testing/contracts/event-log-harness.ts';
import { testSchemaCodec } from '../../testing/contracts/schema-codec.ts';
import { sampleItem } from '../../testing/contracts/schema-codec-samples.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { openRegistryCodec, type RegistryCodec } from './open-registry-codec.ts';
import { checkAtRegistry, registerAtRegistry } from './register-schemas.ts';
import { createRegistryClient } from './registry-client.ts';

let prefixes = 0;
/** Subjects of a test of its own: ids are shared by all that the registry holds. */
const newPrefix = (): string => `test-${process.pid}-${Date.now()}-${(prefixes += 1)}.`;

const withField = (record: RecordName, field: AvroRecord['fields'][number]): SchemaSet => ({
  ...SCHEMAS,
  [record]: { ...SCHEMAS[record], fields: [...SCHEMAS[record].fields, field] },
});

describeWithParts('the registry codec on a real registry', ['registry'], (environment) => {
  const telemetry = new RecordingTelemetry();
  const codecs: RegistryCodec[] = [];
  const proxies: Proxy[] = [];
  let topicPrefix: string;

  const url = (): string => environment()['SCHEMA_REGISTRY_URL'] ?? '';
  const at = (schemas?: SchemaSet, where = url(), prefix = topicPrefix): Parameters<typeof openRegistryCodec>[0] => ({
    url: where,
    topicPrefix: prefix,
    clock: systemClock,
    random: () => 0,
    log: telemetry.log,
    ...(schemas === undefined ? {} : { schemas }),
  });
  const open = async (schemas?: SchemaSet, where?: string): Promise<RegistryCodec> => {
    const codec = await openRegistryCodec({ ...at(schemas, where), register: true });
    codecs.push(codec);
    return codec;
  };
  const startProxy = async (): Promise<Proxy> => {
    const proxy = await Proxy.start(url());
    proxies.push(proxy);
    return proxy;
  };
  const closeAll = async (): Promise<void> => {
    await Promise.all([...codecs.splice(0), ...proxies.splice(0)].map((resource) => resource.close()));
  };

  beforeEach(() => {
    topicPrefix = newPrefix();
  });
  afterEach(closeAll);

  testSchemaCodec('the registry codec', () => {
    const prefix = newPrefix();
    const own: RegistryCodec[] = [];
    return {
      async open(schemas) {
        const codec = await openRegistryCodec({ ...at(schemas, url(), prefix), register: true });
        own.push(codec);
        return codec;
      },
      async close() {
        await Promise.all(own.map((codec) => codec.close()));
      },
    };
  });

  describe('registering', () => {
    it('is done by several programs at once', async () => {
      await Promise.all(Array.from({ length: 6 }, () => open()));
      expect((await checkAtRegistry(at())).some(({ changed }) => changed)).toBe(false);
    });

    it('is done when asked for, and never by opening', async () => {
      await expect(openRegistryCodec(at())).rejects.toThrow(/lacks the present schemas .*schemas register/);
      expect((await checkAtRegistry(at())).every(({ changed, version }) => changed && version === 1)).toBe(true);
      const subjects = RECORD_NAMES.flatMap((r) => TOPICS_OF[r].map((topic) => subjectName(topic, r, topicPrefix)));
      expect((await registerAtRegistry(at())).map(({ name }) => name)).toEqual(subjects);
      expect((await checkAtRegistry(at())).some(({ changed }) => changed)).toBe(false);
      codecs.push(await openRegistryCodec(at()));
    });

    it('makes compatibility FULL_TRANSITIVE', async () => {
      await registerAtRegistry(at());
      const client = createRegistryClient(at());
      expect(await client.getCompatibility(subjectName('ingest', 'RawItem', topicPrefix))).toBe('FULL_TRANSITIVE');
    });

    it('refuses what does not fit with every difference, and registers nothing', async () => {
      await registerAtRegistry(at());
      const broken = { ...withField('RawItem', { name: 'rating', type: 'int' }), Outcome: changedType('Outcome') };
      const error = await registerAtRegistry(at(broken)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputError);
      expect(String(error)).toMatch(
        /Outcome\.eventId: the current version cannot read.*RawItem\.rating: added without a default/s,
      );
      expect((await checkAtRegistry(at())).every(({ compatible, version }) => compatible && version === 1)).toBe(true);
    });

    it('leaves an earlier program running beside a later one', async () => {
      const later = withField('RawItem', { name: 'rating', type: 'int', default: 5 });
      await registerAtRegistry(at());
      await registerAtRegistry(at(later));
      const earlier = await openRegistryCodec(at());
      const bytes = (await open(later)).encode('RawItem', { ...sampleItem, rating: 1 } as never);
      expect(earlier.decode(bytes).value).toMatchObject({ eventId: sampleItem.eventId });
    });
  });

  describe('an id that came to be after the start', () => {
    const later = withField('RawItem', { name: 'rating', type: 'int', default: 5 });
    const laterItem = { ...sampleItem, rating: 1 } as never;

    it('is looked up when its first record comes', async () => {
      const earlier = await open();
      const bytes = (await open(later)).encode('RawItem', laterItem);
      expect(earlier.decode(bytes)).toMatchObject({ type: 'RawItem', value: { eventId: sampleItem.eventId } });
    });

    it('makes no poison of a record while the registry is down', async () => {
      const proxy = await startProxy();
      const earlier = await open(undefined, proxy.url);
      const bytes = (await open(later)).encode('RawItem', laterItem);
      proxy.refuses = true;
      expect(() => earlier.decode(bytes)).toThrow(SchemasUnavailableError);
      proxy.refuses = false;
      // The proxy is of this thread, which stands still while it waits: answers are taken at a later try.
      await until('the record can be read', () => outcome(() => earlier.decode(bytes).type) === 'RawItem');
      const unknown = Uint8Array.of(0, 0x7f, 0, 0, 0, 1);
      await until(
        'an id that nobody has is known as such',
        () => outcome(() => earlier.decode(unknown)) === 'PoisonError',
      );
    });
  });

  it('waits at the start for a registry that is down, and says so', async () => {
    const proxy = await startProxy();
    proxy.refuses = true;
    const clock = {
      now: () => Date.now(),
      elapsed: () => performance.now(),
      async sleep() {
        proxy.refuses = telemetry.lines.length < 3;
      },
    };
    telemetry.lines.length = 0;
    codecs.push(await openRegistryCodec({ ...at(undefined, proxy.url), clock, register: true }));
    expect(telemetry.lines.map(({ message }) => message)).toEqual(
      Array.from({ length: 3 }, () => 'the schema registry cannot be reached; waiting for it'),
    );
  });

  it('says what to do where the address is not that of a registry', async () => {
    await expect(openRegistryCodec(at(undefined, `${url()}/nothing`))).rejects.toThrow(/no schema registry at/);
  });

  describe('beside the serializers of the registry client', () => {
    const prefix = newPrefix();
    let codec: RegistryCodec;
    beforeAll(async () => {
      codec = await openRegistryCodec({ ...at(undefined, url(), prefix), register: true });
    });
    afterAll(() => codec.close());

    it.each(RECORD_NAMES)('reads a %s of theirs, and they read ours', async (record) => {
      const client = createRegistryClient(at());
      const topic = `${prefix}${TOPICS_OF[record][0] ?? ''}`;
      // Their own strategy of this name asks for the latest version of '' where the schema is not known yet.
      const conf = { subjectNameStrategy: () => `${topic}-${fullName(record)}`, wrapUnions: 'never' as const };
      const latest = { autoRegisterSchemas: false, useLatestVersion: true };
      const theirs = new AvroSerializer(client, SerdeType.VALUE, { ...conf, ...latest });
      const reader = new AvroDeserializer(client, SerdeType.VALUE, conf);
      await fc.assert(
        fc.asyncProperty(arbitraryRecord(record), async (value) => {
          fc.pre(canTheyHold(value));
          const written = await theirs.serialize(topic, withBuffers(value));
          expect(plain(codec.decode(written))).toEqual(plain({ type: record, value }));
          const ours = codec.encode(record, value);
          expect(Buffer.compare(ours, written)).toBe(0);
          expect(plain(await reader.deserialize(topic, Buffer.from(ours)))).toEqual(plain(value));
        }),
        { numRuns: 20 },
      );
    });
  });
});

function changedType(record: RecordName): AvroRecord {
  const [first, ...rest] = SCHEMAS[record].fields;
  return { ...SCHEMAS[record], fields: [{ name: first?.name ?? '', type: 'boolean' }, ...rest] };
}

/** What the work gives, or the name of the error that it throws. */
function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as Error).name;
  }
}

/**
 * From 2^52 on avsc loses the sign of a long, half surrogate pairs it writes as bytes that are not UTF-8, and of a map it loses
 * the key `__proto__`.
 */
function canTheyHold(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Math.abs(value) < 2 ** 52;
  if (typeof value === 'string') return value !== '__proto__' && !/\p{Surrogate}/u.test(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return Object.entries(value).flat().every(canTheyHold);
}

/** avsc writes Buffers only. */
function withBuffers(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, field instanceof Uint8Array ? Buffer.from(field) : field]),
  );
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** Stands between a codec and the registry, and can refuse. */
class Proxy {
  readonly url: string;
  refuses = false;
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(target: string): Promise<Proxy> {
    const { pathname, origin } = new URL(target);
    const server = createServer((request, response) => {
      if (proxy.refuses) {
        request.socket.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { 'content-type': type = 'application/json' } = request.headers;
        const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
        const init = { method: request.method ?? 'GET', headers: { 'content-type': type }, ...body };
        void fetch(`${origin}${request.url ?? ''}`, init).then(async (answer) => {
          response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const proxy = new Proxy(server, `http://127.0.0.1:${port}${pathname}`);
    return proxy;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
