import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import { EmbedderUnavailableError } from '../../core/errors.ts';
import { accountName, HEADER, recordKey } from '../../core/keys.ts';
import type { Embedder, EmbedResult } from '../../core/ports/embedder.ts';
import type { LogRecord } from '../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import type { EnrichedItem, LateVector, RawItem } from '../../schemas/generated/records.ts';
import { MemoryEventLog } from '../../testing/memory-log/memory-event-log.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { VirtualClock } from '../../testing/virtual-clock.ts';
import type { EmbeddingCache } from './embedding-cache.ts';
import { hashText } from './hash/hash-embedder.ts';
import { createEmbedProcessor, type EmbedProcessor, type EmbedProcessorOptions } from './processor.ts';
import { openSqliteEmbeddingCache } from './sqlite/sqlite-embedding-cache.ts';

export const DIMENSIONS = 8;

/** An embedder on the test's clock that does what the test says. */
export class ScriptedEmbedder implements Embedder {
  readonly name = 'scripted';
  readonly model = 'scripted-model';
  readonly dimensions = DIMENSIONS;
  batchTexts = 2_048;
  concurrency = 4;
  latencyMs = 0;
  isDown = false;
  /** texts that are refused for good */
  readonly poison = new Set<string>();
  /** texts of each call, in order */
  readonly calls: (readonly string[])[] = [];
  /** how often each text got a vector */
  readonly made = new Map<string, number>();
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly EmbedResult[]> {
    this.calls.push(texts);
    const isDown = this.isDown;
    await this.#clock.sleep(this.latencyMs, signal);
    if (isDown) throw new EmbedderUnavailableError('down for the test');
    return texts.map((text): EmbedResult => {
      if (this.poison.has(text)) return { error: 'poison', permanent: true };
      this.made.set(text, (this.made.get(text) ?? 0) + 1);
      return { vector: hashText(text, DIMENSIONS).vector, tokens: 1, truncated: text.startsWith('long') };
    });
  }

  async close(): Promise<void> {}
}

/** A log, a codec and a cache in a folder of their own, with a processor between `ingest` and `enriched`. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly log: MemoryEventLog;
  readonly telemetry = new RecordingTelemetry();
  readonly embedder = new ScriptedEmbedder(this.clock);
  readonly codec: SchemaCodec;
  readonly cache: EmbeddingCache;
  random = (): number => 0.5;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'hoardarr-embed-'));
  readonly #processors: EmbedProcessor[] = [];
  /** names of processors that are at work, as presence tells them elsewhere */
  readonly running = new Set<string>();
  #events = 0;

  constructor(partitionCount = 1) {
    this.log = new MemoryEventLog({ clock: this.clock, partitionCount });
    this.codec = openLocalCodec({ dataDir: this.#folder });
    this.cache = openSqliteEmbeddingCache(this.#folder);
  }

  async start(options: Partial<EmbedProcessorOptions> = {}): Promise<EmbedProcessor> {
    const { cache, clock, codec, embedder, log, telemetry } = this;
    const random = (): number => this.random();
    const name = `processor ${this.#processors.length}`;
    this.running.add(name);
    const owner = { name, isRunning: async (other: string) => this.running.has(other) };
    const all = { cache, clock, codec, embedder, log, telemetry, random, owner, ...options };
    const processor = createEmbedProcessor(all);
    this.#processors.push(processor);
    await processor.start();
    return processor;
  }

  async stop(processor: EmbedProcessor): Promise<void> {
    let isStopped = false;
    const stopping = processor.stop().then(() => {
      isStopped = true;
    });
    await this.clock.runUntil(() => isStopped);
    await stopping;
  }

  async close(): Promise<void> {
    for (const processor of this.#processors) await this.stop(processor);
    await this.cache.close();
    rmSync(this.#folder, { recursive: true });
  }

  item(text: string | null, fields: Partial<RawItem> = {}): { key: string; value: Uint8Array; account: string } {
    this.#events += 1;
    const n = this.#events;
    const item: RawItem = { ...ITEM, eventId: `e${n}`, itemId: `i${n}`, text, ...fields };
    const key = recordKey(item, item.collection, item.itemId, item.eventId);
    return { key, value: this.codec.encode('RawItem', item), account: accountName(item) };
  }

  async add(...texts: readonly (string | null)[]): Promise<void> {
    const records = texts.map((text) => this.item(text));
    const partition = this.log.partitionOf(records[0]?.account ?? '');
    await this.log.append('ingest', partition, records);
  }

  /** Until everything in `ingest` is committed. */
  async settle(group = 'embed'): Promise<void> {
    await this.clock.runUntil(async () => {
      const lags = (await this.log.lag()).filter((lag) => lag.group === group && lag.topic === 'ingest');
      const ends = await this.log.ends('ingest');
      return ends.every(
        ({ partition, end }) => end === (lags.find((lag) => lag.partition === partition)?.committed ?? 0),
      );
    });
  }

  /** Keys that stand for records that went to the dead letters. */
  markers(): string[] {
    const all = this.log.all('enriched');
    return all.filter(({ headers }) => headers[HEADER.poison] !== undefined).map(({ key }) => key);
  }

  #withoutMarkers(): readonly LogRecord[] {
    return this.log.all('enriched').filter(({ headers }) => headers[HEADER.poison] === undefined);
  }

  enriched(): { record: LogRecord; position: number | null; item: EnrichedItem | null; late: LateVector | null }[] {
    return this.#withoutMarkers().map((record) => {
      const decoded = record.value === null ? null : this.codec.decode(record.value);
      const position = record.headers[HEADER.position];
      return {
        record,
        position: position === undefined ? null : Number(position),
        item: decoded?.type === 'EnrichedItem' ? decoded.value : null,
        late: decoded?.type === 'LateVector' ? decoded.value : null,
      };
    });
  }
}

const ITEM: RawItem = {
  eventId: '',
  at: 1,
  provider: 'tiktok',
  user: 'me',
  collection: 'favorites',
  itemId: '',
  syncId: 's',
  fence: 1,
  seq: 0,
  sighting: false,
  content: 'full',
  document: {
    url: 'https://example.org/1',
    title: 'title',
    author: null,
    body: null,
    savedAt: 1,
    createdAt: null,
    thumbnailUrl: null,
    extra: '{}',
  },
  text: null,
  documentHash: '',
  truncated: false,
  payload: null,
};

/** Little-endian float32, as it stands in a record. */
export function vectorBytes(text: string): Buffer {
  return Buffer.from(hashText(text, DIMENSIONS).vector.buffer);
}
