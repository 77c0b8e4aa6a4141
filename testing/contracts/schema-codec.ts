import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InvalidRecordError, PoisonError } from '../../core/errors.ts';
import type { Decoded, SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { AvroField } from '../../schemas/avro-schema.ts';
import { RECORD_NAMES, type RecordName, type RecordTypes } from '../../schemas/generated/records.ts';
import { SCHEMAS, type SchemaSet } from '../../schemas/schemas.ts';
import { arbitraryOfSchema, arbitraryRecord } from '../arbitraries/records.ts';
import { misfitSamples, sampleChunk, sampleEnriched, sampleFinished, sampleItem } from './schema-codec-samples.ts';

/** One place where ids are kept (a data folder, a registry), fresh for each test that opens several codecs on it. */
export interface SchemaCodecHarness {
  /** Opens one more codec on the same ids; on the present schemas unless others are given. */
  open(schemas?: SchemaSet): SchemaCodec | Promise<SchemaCodec>;
  close(): void | Promise<void>;
}

/** What every SchemaCodec owes its callers. */
export function testSchemaCodec(
  name: string,
  createHarness: () => SchemaCodecHarness | Promise<SchemaCodecHarness>,
): void {
  describe(`${name} as a schema codec`, () => {
    let harness: SchemaCodecHarness;
    describe('one', () => {
      let codec: SchemaCodec;
      beforeAll(async () => {
        harness = await createHarness();
        codec = await harness.open();
      });
      afterAll(() => harness.close());
      describe('round trips', () => {
        testRoundTrips(() => codec);
      });
      describe('values that do not fit', () => {
        testMisfits(() => codec);
      });
      describe('bytes that are no record', () => {
        testPoison(() => codec);
      });
    });
    describe('several on the same ids', () => {
      beforeEach(async () => {
        harness = await createHarness();
      });
      afterEach(() => harness.close());
      testSharedIds(() => harness);
    });
  });
}

function testRoundTrips(codec: () => SchemaCodec): void {
  it.each(RECORD_NAMES)('decodes any %s to what was encoded', (record) => {
    fc.assert(
      fc.property(arbitraryRecord(record), (value) => {
        const decoded = codec().decode(codec().encode(record, value));
        expect(decoded.type).toBe(record);
        expect(plain(decoded.value)).toEqual(value);
      }),
    );
  });

  it('writes the Confluent wire format', () => {
    const bytes = Buffer.from(codec().encode('RawItem', sampleItem));
    expect(bytes[0]).toBe(0);
    expect(bytes.readUInt32BE(1)).toBeGreaterThan(0);
    // The body begins with the first field: its length in zigzag, and its text.
    expect(bytes[5]).toBe(sampleItem.eventId.length * 2);
    expect(bytes.toString('utf8', 6, 6 + sampleItem.eventId.length)).toBe(sampleItem.eventId);
  });

  it('reads from a Uint8Array that is part of a larger buffer, and gives bytes as views of it', () => {
    const encoded = codec().encode('EnrichedItem', sampleEnriched);
    const large = new Uint8Array(encoded.length + 20);
    large.set(encoded, 7);
    const value = decodedAs(codec(), large.subarray(7, 7 + encoded.length), 'EnrichedItem');
    expect(Buffer.isBuffer(value.vector)).toBe(true);
    expect(value.vector?.buffer).toBe(large.buffer);
    expect(plain(value)).toEqual(sampleEnriched);
  });

  it('keeps every record intact while others are written, whatever their size', () => {
    const lengths = [
      0, 1, 39, 40, 41, 63, 64, 100, 8191, 16_384, 60_000, 65_000, 65_535, 65_536, 65_537, 200_000, 768_000,
    ];
    const values = [...lengths, ...lengths.toReversed()].map((length) => withPayload('x'.repeat(length)));
    const written = values.map((value) => codec().encode('RawItem', value));
    expect(written.map((bytes) => plain(codec().decode(bytes).value))).toEqual(values);
  });

  it('keeps every character that UTF-8 has, and makes half a surrogate pair U+FFFD', () => {
    const text = 'é ß 漢字 👩‍👩‍👧 \u0000 \uffff';
    for (const filler of ['', 'x'.repeat(100)]) {
      const value = { ...sampleItem, text: filler + text, payload: `${filler}\ud83d cut \udc69` };
      const decoded = decodedAs(codec(), codec().encode('RawItem', value), 'RawItem');
      expect(decoded.text).toBe(filler + text);
      expect(decoded.payload).toBe(`${filler}\ufffd cut \ufffd`);
    }
  });

  it('keeps a map key that JavaScript treats in its own way', () => {
    const counts = Object.fromEntries([
      ['__proto__', 1],
      ['constructor', 2],
      ['', 3],
    ]);
    const decoded = decodedAs(codec(), codec().encode('SyncFinished', { ...sampleFinished, counts }), 'SyncFinished');
    expect(Object.entries(decoded.counts)).toEqual(Object.entries(counts));
  });

  it.each([2 ** 52 - 1, 2 ** 52, 2 ** 53 - 1, 2 ** 31, 2 ** 30, 64, 0])(
    'keeps longs of size %d with their sign',
    (size) => {
      for (const at of [size, 0 - size]) {
        expect(decodedAs(codec(), codec().encode('RawItem', { ...sampleItem, at }), 'RawItem').at).toBe(at);
      }
    },
  );
}

function testMisfits(codec: () => SchemaCodec): void {
  it.each(misfitSamples)('refuses $field and names it', ({ record, field, value }) => {
    const before = codec().encode('RawItem', sampleItem);
    const copy = Uint8Array.from(before);
    const error = errorOf(() => codec().encode(record, value as never));
    expect(error).toBeInstanceOf(InvalidRecordError);
    expect(error?.message).toContain(`${record}.${field}:`);
    expect(error?.message).not.toContain('private');
    // What was written before and what is written after are as ever.
    expect(Uint8Array.from(before)).toEqual(copy);
    expect(Uint8Array.from(codec().encode('RawItem', sampleItem))).toEqual(copy);
  });

  it.each([null, undefined, 'text', []])('refuses %p in place of a record', (value) => {
    expect(errorOf(() => codec().encode('RawItem', value as never))).toBeInstanceOf(InvalidRecordError);
  });
}

function testPoison(codec: () => SchemaCodec): void {
  it('refuses what has not even a header, the wrong magic byte, or an unknown id', () => {
    for (const bytes of [[], [0], [0, 0, 0, 0], [0, 255, 255, 255, 255, 1], [0, 0, 0, 0, 0], [1, 0, 0, 0, 1]]) {
      expectPoison(codec(), Uint8Array.from(bytes));
    }
    expectPoison(codec(), null as never);
    expectPoison(codec(), new TextEncoder().encode('{"eventId":"e"}'));
  });

  it('refuses every record that was cut off, and every one with a byte more', () => {
    for (const bytes of [
      codec().encode('EnrichedItem', sampleEnriched),
      codec().encode('SnapshotChunk', sampleChunk),
      codec().encode('SyncFinished', sampleFinished),
    ]) {
      for (let length = 0; length < bytes.length; length += 1) expectPoison(codec(), bytes.slice(0, length));
      expectPoison(codec(), Uint8Array.from([...bytes, 0]));
    }
  });

  it('refuses a value that the schema does not allow', () => {
    const bytes = Buffer.from(codec().encode('RawItem', sampleItem));
    const at = bytes.indexOf('\u0008full');
    expect(at).toBeGreaterThan(0);
    bytes.write('\u0008fool', at);
    expectPoison(codec(), bytes);
  });

  it('refuses a boolean that is neither, and an int that is none', () => {
    // The last byte is the union branch of payload, the one before it is truncated.
    const bytes = codec().encode('RawItem', sampleItem);
    expectPoison(codec(), Uint8Array.from([...bytes.subarray(0, -2), 2, 0]));
    const finished = Buffer.from(codec().encode('SyncFinished', { ...sampleFinished, seq: 2 ** 31 - 1 }));
    const at = finished.indexOf(Buffer.from('feffffff0f', 'hex'));
    expect(at).toBeGreaterThan(0);
    finished.write('ffffffff1f', at, 'hex');
    expectPoison(codec(), finished);
  });

  it('refuses a damaged count at once, however large it is', () => {
    const bytes = Buffer.from(codec().encode('SnapshotChunk', sampleChunk));
    const at = bytes.indexOf('\u0004\u0002a\u0002b');
    expect(at).toBeGreaterThan(0);
    for (const count of [
      'feffffff0f',
      'fdffffff0f00',
      'fefffffffffffffff701',
      'ffffffffffffffffffffffffff7f',
      '8080808001',
    ]) {
      const damaged = Buffer.concat([bytes.subarray(0, at), Buffer.from(count, 'hex'), bytes.subarray(at + 1)]);
      expectPoison(codec(), damaged);
    }
  });

  it.each(RECORD_NAMES)('makes of a damaged %s either poison or a record that can be written', (record) => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(arbitraryRecord(record), damage, fc.nat(3), (value, flips, cut) => {
        const bytes = Uint8Array.from(codec().encode(record, value));
        for (const [position, mask] of flips) bytes[5 + (position % (bytes.length - 5))]! ^= mask;
        expectPoisonOrRecord(codec(), bytes.subarray(0, bytes.length - cut));
      }),
    );
  });

  it('makes of random bytes either poison or a record that can be written', () => {
    const [, , , , id = 0] = codec().encode('SyncFinished', sampleFinished);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: id + 5 }), fc.uint8Array({ maxLength: 200 }), (schema, body) => {
        expectPoisonOrRecord(codec(), Uint8Array.from([0, 0, 0, 0, schema, ...body]));
      }),
      { numRuns: 1000 },
    );
  });
}

function testSharedIds(harness: () => SchemaCodecHarness): void {
  it('write the same bytes, and read each other', async () => {
    const [one, two] = [await harness().open(), await harness().open()];
    fc.assert(
      fc.property(arbitraryRecord('Decision'), (value) => {
        const bytes = one.encode('Decision', value);
        expect(Buffer.compare(bytes, two.encode('Decision', value))).toBe(0);
        expect(plain(two.decode(bytes).value)).toEqual(value);
      }),
    );
  });

  it.each(RECORD_NAMES)(
    'read a %s of an earlier version, and the earlier version reads a later one',
    async (record) => {
      const later = evolved(record);
      const [before, after] = [await harness().open(), await harness().open(later.schemas)];
      // Opened again: what one version wrote is read by the other also after a restart.
      const [beforeAgain, afterAgain] = [await harness().open(), await harness().open(later.schemas)];
      fc.assert(
        fc.property(arbitraryRecord(record), arbitraryOfSchema(later.schemas[record]), (old, recent) => {
          const readLater = afterAgain.decode(before.encode(record, old));
          expect(plain(readLater.value)).toEqual({ ...without(old, later.removed), ...later.added });
          const readEarlier = beforeAgain.decode(after.encode(record, recent as never));
          expect(plain(readEarlier.value)).toEqual({ ...later.removed, ...without(recent, later.added) });
        }),
        { numRuns: 30 },
      );
    },
  );

  it('keep the ids of a schema that has changed there and back', async () => {
    const first = (await harness().open()).encode('RawItem', sampleItem);
    await harness().open(evolved('RawItem').schemas);
    expect(Buffer.compare(first, (await harness().open()).encode('RawItem', sampleItem))).toBe(0);
  });
}

/** A compatible later version: without any field that has a default, with new ones, in another order. */
function evolved(record: RecordName): { schemas: SchemaSet; removed: Defaults; added: Defaults } {
  const schema = SCHEMAS[record];
  const added: readonly AvroField[] = [
    { name: 'addedText', type: 'string', default: 'none' },
    { name: 'addedList', type: { type: 'array', items: 'string' }, default: [] },
    { name: 'addedCounts', type: { type: 'map', values: 'long' }, default: {} },
    { name: 'addedNumber', type: ['null', 'long'], default: null },
  ];
  const kept = schema.fields.filter((field) => field.default === undefined);
  const removed = schema.fields.filter((field) => field.default !== undefined);
  return {
    schemas: { ...SCHEMAS, [record]: { ...schema, fields: [...added, ...kept.toReversed()] } },
    removed: defaultsOf(removed),
    added: defaultsOf(added),
  };
}

const withPayload = (payload: string): RecordTypes['RawItem'] => ({ ...sampleItem, payload });

type Defaults = Readonly<Record<string, unknown>>;

function defaultsOf(fields: readonly AvroField[]): Defaults {
  return Object.fromEntries(fields.map((field) => [field.name, field.default]));
}

function without(value: object, fields: Defaults): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(fields, name)));
}

/** Buffers are Uint8Arrays to us, but not to `toEqual`. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

function decodedAs<N extends RecordName>(codec: SchemaCodec, bytes: Uint8Array, record: N): RecordTypes[N] {
  const decoded: Decoded = codec.decode(bytes);
  expect(decoded.type).toBe(record);
  return decoded.value as RecordTypes[N];
}

function expectPoison(codec: SchemaCodec, bytes: Uint8Array): void {
  expect(errorOf(() => codec.decode(bytes))).toBeInstanceOf(PoisonError);
}

function expectPoisonOrRecord(codec: SchemaCodec, bytes: Uint8Array): void {
  let decoded: Decoded;
  try {
    decoded = codec.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(PoisonError);
    return;
  }
  const again = codec.decode(codec.encode(decoded.type, decoded.value));
  expect(plain(again)).toEqual(plain(decoded));
}

function errorOf(work: () => unknown): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
