import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { App } from '../../app/app.ts';
import { storeFile } from '../../app/data-folder.ts';
import { type Generations, sqliteGenerations } from '../../app/generations.ts';
import type { createLiveProviders } from '../../app/live-providers.ts';
import type { RoleStarters } from '../../app/role-host.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { openSqliteEmbeddingCache } from '../../processors/embed/sqlite/sqlite-embedding-cache.ts';
import { MemoryEventLog } from '../memory-log/memory-event-log.ts';
import { MemoryMetadataStore } from '../memory-metadata/memory-metadata-store.ts';
import { MemoryItemStore } from '../memory-store/memory-item-store.ts';
import { mulberry32 } from '../producer-world.ts';
import { PROMISE_TURNS, VirtualClock } from '../virtual-clock.ts';
import { CountingEmbedder } from './counting-embedder.ts';
import { MemoryOEmbed } from './memory-oembed.ts';
import { openMemoryProcess } from './memory-process.ts';
import { seededLog } from './seeded-log.ts';

export interface MemoryAppOptions {
  /** decides every latency, and so who comes first */
  readonly seed: number;
  /** default `memory` */
  readonly store?: 'memory' | 'sqlite';
  /** by the names of the environment, over the defaults of a test */
  readonly env?: Readonly<Record<string, string>>;
  /** providers that can be asked, instead of the real ones */
  readonly live?: typeof createLiveProviders;
  /** what notifications are sent with */
  readonly fetch?: typeof fetch;
}

/** The parts that tests look at and meddle with. */
export interface MemoryApp {
  readonly app: App;
  readonly starters: RoleStarters;
  readonly clock: VirtualClock;
  /** without latency */
  readonly log: MemoryEventLog;
  readonly embedder: CountingEmbedder;
  readonly oembed: MemoryOEmbed;
  /** of each generation, in order; of `memory` only */
  readonly stores: readonly MemoryItemStore[];
  /** logged lines, one JSON object each, from warnings on */
  readonly lines: readonly string[];
  readonly folder: string;
}

const EMBED_LATENCY_MS = 50;
/** Later than any date in an invented export. */
const NOW = Date.UTC(2026, 0, 1);

/**
 * The composition root in memory: log, store, metadata, clock, network and embedder are fakes, everything between them is what
 * runs in production. Only the codec's ids and the embedding cache lie in a folder, because there is but one of each.
 */
export async function openMemoryApp({
  seed,
  store = 'memory',
  env = {},
  live,
  fetch: fetchWith,
}: MemoryAppOptions): Promise<MemoryApp> {
  const folder = mkdtempSync(path.join(tmpdir(), 'topology-'));
  const clock = store === 'memory' ? new VirtualClock(NOW, PROMISE_TURNS) : new VirtualClock(NOW);
  const random = mulberry32(seed);
  const memoryLog = new MemoryEventLog({ clock });
  const lines: string[] = [];
  const inMemory = new MemoryGenerations();
  // Else it would take the store for one whose file was lost.
  if (store === 'sqlite') writeFileSync(storeFile(folder, 1), '');
  const cache = openSqliteEmbeddingCache(folder);
  const embedder = new CountingEmbedder(clock, () => Math.floor(random() * EMBED_LATENCY_MS));
  const oembed = new MemoryOEmbed();
  const { app, starters } = await openMemoryProcess(
    {
      folder,
      clock,
      random,
      log: seededLog(memoryLog, clock, random),
      telemetry: createTelemetry({ level: 'warn', secrets: [], stream: collecting(lines) }),
      metadata: new MemoryMetadataStore(),
      generations: store === 'sqlite' ? sqliteGenerations(folder) : inMemory,
      codec: openLocalCodec({ dataDir: folder }),
      cache,
      embedder,
      newEmbedder: (model) => new CountingEmbedder(clock, () => 1, model),
      fetch: fetchWith ?? oembed.fetch,
      oembed: oembed.fetch,
    },
    { env: { TIKTOK_OEMBED_URL: MemoryOEmbed.url, ...env }, ...(live === undefined ? {} : { live }) },
  );
  const close = async (): Promise<void> => {
    await app.close();
    await app.log.close();
    await cache.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    app: { ...app, close },
    starters,
    clock,
    log: memoryLog,
    embedder,
    oembed,
    stores: inMemory.made,
    lines,
    folder,
  };
}

/** The first is there from the beginning: a store that is missing would be made again from the log. */
export class MemoryGenerations implements Generations {
  readonly made: MemoryItemStore[] = [];
  readonly #byNumber = new Map<number, MemoryItemStore>();

  async open(generation: number): Promise<ItemStore> {
    const known = this.#byNumber.get(generation);
    if (known !== undefined) return known;
    const fresh = new MemoryItemStore();
    this.#byNumber.set(generation, fresh);
    this.made.push(fresh);
    return fresh;
  }
  async exists(generation: number): Promise<boolean> {
    return generation === 1 || this.#byNumber.has(generation);
  }
  async list(): Promise<readonly number[]> {
    return [...this.#byNumber.keys()].sort((a, b) => a - b);
  }
  async remove(generation: number): Promise<void> {
    this.#byNumber.delete(generation);
  }
}

function collecting(lines: string[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
}
