import { afterEach, describe, expect, it } from '@jest/globals';
import { DEAD_LETTER_HEADER } from '../../core/dead-letter.ts';
import { HEADER, repeatKey } from '../../core/keys.ts';
import type { Batch, SubscribeOptions } from '../../core/ports/event-log.ts';
import { textHashOf } from '../../core/text-hash.ts';
import { Bench, DIMENSIONS, vectorBytes } from './processor.test-support.ts';

let bench: Bench;

afterEach(() => bench.close());

const numbered = (count: number, prefix = 'text'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

describe('embed processor', () => {
  it('gives each item its vector and its position, and leaves the rest of it as it was', async () => {
    bench = new Bench();
    const { key, value } = bench.item('a cat', { payload: '{"a":1}' });
    const headers = { [HEADER.firstPosition]: '3', [HEADER.firstKey]: 'first' };
    await bench.log.append('ingest', 0, [
      { key: 'gone', value: null },
      { key, value, headers, timestamp: 77 },
    ]);
    await bench.start();
    await bench.settle();
    const [tombstone, ofItsCopy, entry] = bench.enriched();
    expect(tombstone?.record).toMatchObject({ key: 'gone', value: null, headers: { [HEADER.position]: '0' } });
    expect(ofItsCopy?.record).toMatchObject({ key: repeatKey('gone'), value: null });
    expect(entry?.record).toMatchObject({ key, timestamp: 77, headers: { ...headers, [HEADER.position]: '1' } });
    const raw = bench.codec.decode(value);
    expect(entry?.item).toEqual({
      item: raw.value,
      textHash: textHashOf('a cat'),
      vector: vectorBytes('a cat'),
      model: 'scripted-model',
      dimensions: DIMENSIONS,
      textTruncated: false,
    });
  });

  it('passes every other record through, byte for byte', async () => {
    bench = new Bench();
    const head = { eventId: 'e', at: 1, provider: 'tiktok', user: 'me', syncId: 's', fence: 1, seq: 0 };
    const value = bench.codec.encode('SyncStarted', {
      ...head,
      mode: 'import',
      login: null,
      causedBy: null,
      commandId: null,
      credentialKind: null,
    });
    const records = Array.from({ length: 3 }, (_, index) => ({ key: `k${index}`, value }));
    await bench.log.append('ingest', 0, records);
    await bench.start();
    await bench.settle();
    expect(bench.enriched().map(({ record }) => record.key)).toEqual(['k0', 'k1', 'k2']);
    for (const { record } of bench.enriched()) expect(Buffer.from(record.value!)).toEqual(Buffer.from(value));
  });

  it('embeds nothing where there is nothing to embed', async () => {
    bench = new Bench();
    const items = [bench.item(null), bench.item('  '), bench.item(null, { content: 'stub' })];
    items.push(bench.item('gone', { content: 'deleted' }));
    await bench.log.append('ingest', 0, items);
    await bench.start();
    await bench.settle();
    expect(bench.embedder.calls).toEqual([]);
    for (const { item } of bench.enriched()) expect(item).toMatchObject({ textHash: null, vector: null, model: null });
  });

  it('embeds the little that a stub says', async () => {
    bench = new Bench();
    await bench.log.append('ingest', 0, [bench.item('words of a link', { content: 'stub' })]);
    await bench.start();
    await bench.settle();
    const [enriched] = bench.enriched();
    expect(enriched?.item).toMatchObject({
      textHash: textHashOf('words of a link'),
      vector: vectorBytes('words of a link'),
    });
  });

  it('marks a text that was cut, also when it comes from the cache', async () => {
    bench = new Bench();
    await bench.start();
    await bench.add('long story');
    await bench.settle();
    await bench.add('long story');
    await bench.settle();
    expect(bench.enriched().map(({ item }) => item?.textTruncated)).toEqual([true, true]);
  });

  it('writes in the order of its input while later requests are answered first', async () => {
    bench = new Bench(3);
    bench.embedder.batchTexts = 7;
    bench.embedder.latencyMs = 50;
    const slow = bench.embedder.embed.bind(bench.embedder);
    let call = 0;
    bench.embedder.embed = async (texts, signal) => {
      call += 1;
      await bench.clock.sleep((call * 37) % 101, signal);
      return slow(texts, signal);
    };
    for (let i = 0; i < 300; i += 1) {
      const record = bench.item(`text ${i % 200}`, { user: `user${i % 5}` });
      await bench.log.append('ingest', bench.log.partitionOf(record.account), [record]);
    }
    await bench.start({ limits: { batchRecords: 10 } });
    await bench.settle();
    for (let partition = 0; partition < 3; partition += 1) {
      const [ingest, enriched] = await Promise.all(
        (['ingest', 'enriched'] as const).map((topic) => bench.log.read(topic, partition, 0)),
      );
      expect(enriched?.map(({ key }) => key)).toEqual(ingest?.map(({ key }) => key));
    }
    for (const { item } of bench.enriched()) expect(item?.vector).toEqual(vectorBytes(item!.item.text!));
    expect([...bench.embedder.made.values()].every((times) => times === 1)).toBe(true);
  });

  describe('requests', () => {
    it('are full: 20,000 short texts need at most 40', async () => {
      bench = new Bench(4);
      bench.embedder.latencyMs = 200;
      await bench.add(...numbered(20_000));
      await bench.start();
      await bench.settle();
      expect(bench.embedder.calls.length).toBeLessThanOrEqual(14);
      expect(bench.embedder.made.size).toBe(20_000);
    });

    it('are few for 2,000 short texts', async () => {
      bench = new Bench();
      bench.embedder.latencyMs = 200;
      await bench.add(...numbered(2_000));
      await bench.start();
      await bench.settle();
      expect(bench.embedder.calls.length).toBeLessThanOrEqual(2);
    });

    it('do not wait where nothing more is coming', async () => {
      bench = new Bench();
      await bench.start();
      const before = bench.clock.now();
      await bench.add('alone');
      await bench.settle();
      expect(bench.clock.now()).toBe(before);
    });

    it('are one for equal texts that are on their way at the same time', async () => {
      bench = new Bench(4);
      bench.embedder.latencyMs = 100;
      await bench.start({ limits: { batchRecords: 2 } });
      for (const user of ['a', 'b', 'c', 'd', 'e']) {
        const records = [bench.item('same', { user }), bench.item('same', { user })];
        await bench.log.append('ingest', bench.log.partitionOf(records[0]!.account), records);
      }
      await bench.settle();
      expect(bench.embedder.calls).toEqual([['same']]);
      for (const { item } of bench.enriched()) expect(item?.vector).toEqual(vectorBytes('same'));
    });

    it('are none for what was embedded before', async () => {
      bench = new Bench();
      await bench.start();
      await bench.add(...numbered(100));
      await bench.settle();
      await bench.add(...numbered(100));
      await bench.settle();
      expect(bench.embedder.calls).toHaveLength(1);
      expect(bench.telemetry.counts.get('hoardarr_embedding_cache_hits')).toBe(100);
      expect(bench.telemetry.counts.get('hoardarr_embedding_cache_misses')).toBe(100);
    });

    it('are made again where the cache has other dimensions of the same model', async () => {
      bench = new Bench();
      const stale = { textHash: textHashOf('text'), vector: new Uint8Array(4), truncated: false };
      await bench.cache.putMany('scripted-model', [stale]);
      await bench.start();
      await bench.add('text');
      await bench.settle();
      expect(bench.enriched()[0]?.item?.vector).toEqual(vectorBytes('text'));
    });
  });

  it('has every vector in the cache before anybody can read it', async () => {
    bench = new Bench();
    const append = bench.log.append.bind(bench.log);
    const missing: string[] = [];
    bench.log.append = async (topic, partition, records) => {
      if (topic === 'enriched') {
        for (const { value } of records) {
          const decoded = bench.codec.decode(value!);
          const textHash = decoded.type === 'EnrichedItem' ? decoded.value.textHash! : '';
          if ((await bench.cache.getMany('scripted-model', [textHash])).size === 0) missing.push(textHash);
        }
      }
      return append(topic, partition, records);
    };
    await bench.start();
    await bench.add(...numbered(50));
    await bench.settle();
    expect(bench.enriched()).toHaveLength(50);
    expect(missing).toEqual([]);
  });

  it('dead-letters poison whole, and goes on with the rest', async () => {
    bench = new Bench();
    const damaged = bench.item('damaged');
    const poison = [
      { key: 'no avro', value: Buffer.from('hello'), headers: { mine: '1' }, timestamp: 5 },
      { key: 'unknown schema', value: Buffer.from([0, 0, 0, 255, 255, 1]) },
      { key: 'cut off', value: damaged.value.subarray(0, damaged.value.length - 2) },
      { key: 'empty', value: new Uint8Array() },
    ];
    await bench.log.append('ingest', 0, [bench.item('before'), ...poison, bench.item('after')]);
    await bench.start();
    await bench.settle();
    expect(bench.enriched().map(({ item }) => item?.item.text)).toEqual(['before', 'after']);
    const dead = bench.log.all('dead-letter');
    expect(dead.map(({ key }) => key)).toEqual(poison.map(({ key }) => key));
    expect(bench.markers()).toEqual(poison.map(({ key }) => key));
    expect(dead[0]).toMatchObject({ timestamp: 5, headers: { mine: '1', [DEAD_LETTER_HEADER.stage]: 'embed' } });
    expect(dead[0]?.headers).toMatchObject({
      [DEAD_LETTER_HEADER.topic]: 'ingest',
      [DEAD_LETTER_HEADER.partition]: '0',
      [DEAD_LETTER_HEADER.offset]: '1',
    });
    expect(Buffer.from(dead[0]!.value!)).toEqual(Buffer.from('hello'));
    expect(bench.telemetry.counts.get('hoardarr_dead_letters')).toBe(4);
  });

  it('dead-letters an item that is too large with its vector, and goes on with the rest', async () => {
    bench = new Bench();
    const limit = 1024 * 1024;
    const large = bench.item('large', { payload: '' });
    const room = limit - large.value.length - large.key.length;
    const item = bench.item('large', { payload: 'x'.repeat(room - 10) });
    await bench.log.append('ingest', 0, [bench.item('before'), item, bench.item('after')]);
    await bench.start();
    await bench.settle();
    expect(bench.enriched().map(({ item }) => item?.item.text)).toEqual(['before', 'after']);
    expect(bench.log.all('dead-letter').map(({ key }) => key)).toEqual([item.key]);
    expect(bench.markers()).toEqual([item.key]);
  });

  it('lets an item pass whose text is refused for good, and asks no more', async () => {
    bench = new Bench();
    bench.embedder.poison.add('bad');
    await bench.start();
    await bench.add('good', 'bad');
    await bench.settle();
    expect(bench.enriched()[1]?.item).toMatchObject({ textHash: textHashOf('bad'), vector: null, model: null });
    expect(await bench.cache.countPending()).toBe(0);
  });

  it.each([1, 4])('reads no further ahead than its window, which %d busy partitions share', async (partitions) => {
    bench = new Bench(partitions);
    bench.embedder.latencyMs = 1_000_000;
    let given = 0;
    const subscribe = bench.log.subscribe.bind(bench.log);
    bench.log.subscribe = (options: SubscribeOptions) => {
      const handler = (batch: Batch) => {
        given += batch.records.length;
        return options.handler(batch);
      };
      return subscribe({ ...options, handler });
    };
    for (let partition = 0; partition < partitions; partition++) {
      const records = numbered(1_000, `partition ${partition}`).map((text) => bench.item(text));
      await bench.log.append('ingest', partition, records);
    }
    await bench.start({ limits: { windowRecords: 100, batchRecords: 30, drainMs: 0 } });
    await bench.clock.advance(1_000);
    expect(given).toBeGreaterThanOrEqual(100);
    expect(given).toBeLessThan(100 + partitions * 30);
  });

  describe('stops', () => {
    it('with what is in flight written and committed', async () => {
      bench = new Bench();
      bench.embedder.latencyMs = 2_000;
      const processor = await bench.start();
      await bench.add('text');
      await bench.clock.runUntil(() => bench.embedder.calls.length === 1);
      await bench.stop(processor);
      expect(bench.log.committed('embed', 'ingest', 0)).toBe(1);
    });

    it('in time where the embedder does not answer, and another goes on from there', async () => {
      bench = new Bench();
      bench.embedder.latencyMs = 1_000_000;
      const processor = await bench.start();
      await bench.add('text');
      await bench.clock.runUntil(() => bench.embedder.calls.length === 1);
      const before = bench.clock.now();
      await bench.stop(processor);
      expect(bench.clock.now() - before).toBeLessThanOrEqual(5_000);
      expect(bench.enriched()).toEqual([]);
      bench.embedder.latencyMs = 0;
      await bench.start();
      await bench.settle();
      expect(bench.enriched()[0]?.item?.vector).toEqual(vectorBytes('text'));
    });
  });
});
