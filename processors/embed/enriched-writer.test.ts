import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { createEnrichedWriter, type Enrichment } from './enriched-writer.ts';
import { Bench } from './processor.test-support.ts';

let folder: string;
let codec: SchemaCodec;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hoardarr-writer-'));
  codec = openLocalCodec({ dataDir: folder });
});

afterAll(() => rmSync(folder, { recursive: true }));

const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });

const enrichments: fc.Arbitrary<Enrichment> = fc.record({
  textHash: orNull(fc.string({ unit: 'binary' })),
  vector: orNull(fc.uint8Array({ maxLength: 20_000 })),
  model: orNull(fc.string({ unit: 'binary' })),
  dimensions: orNull(fc.nat({ max: 0x7fffffff })),
  textTruncated: fc.boolean(),
});

describe('enriched writer', () => {
  it('writes the very bytes that the codec would', async () => {
    const bench = new Bench();
    const { value } = bench.item('text 🎵', { payload: '{"a":"ü"}' });
    const decoded = bench.codec.decode(value);
    if (decoded.type !== 'RawItem') throw new Error('no raw item');
    const raw = codec.encode('RawItem', decoded.value);
    let encoded = 0;
    const counting: SchemaCodec = {
      decode: (bytes) => codec.decode(bytes),
      encode: (type, record) => {
        encoded += 1;
        return codec.encode(type, record);
      },
    };
    const writer = createEnrichedWriter(counting);
    const trials = encoded;
    fc.assert(
      fc.property(enrichments, (enrichment) => {
        const written = Buffer.from(writer.write(raw, decoded.value, enrichment));
        const expected = Buffer.from(codec.encode('EnrichedItem', { item: decoded.value, ...enrichment }));
        expect(written.equals(expected)).toBe(true);
      }),
      { verbose: true },
    );
    expect(encoded).toBe(trials);
    await bench.close();
  });

  it('has the codec write what came with another schema', async () => {
    const bench = new Bench();
    const decoded = bench.codec.decode(bench.item('text').value);
    if (decoded.type !== 'RawItem') throw new Error('no raw item');
    const older = Buffer.from(codec.encode('RawItem', decoded.value));
    older.writeUInt32BE(4_711, 1);
    const enrichment = { textHash: 'h', vector: null, model: null, dimensions: null, textTruncated: false };
    const written = Buffer.from(createEnrichedWriter(codec).write(older, decoded.value, enrichment));
    expect(codec.decode(written).value).toEqual({ item: decoded.value, ...enrichment });
    await bench.close();
  });
});
