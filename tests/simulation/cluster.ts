import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { App } from '../../app/app.ts';
import type { Generations } from '../../app/generations.ts';
import type { createLiveProviders } from '../../app/live-providers.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { PIPELINE } from '../../app/use-cases/settle.ts';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { MemoryEmbeddingCache } from '../../testing/memory-cache.ts';
import { MemoryEventLog } from '../../testing/memory-log/memory-event-log.ts';
import { MemoryMetadataStore } from '../../testing/memory-metadata/memory-metadata-store.ts';
import { mulberry32 } from '../../testing/producer-world.ts';
import { CountingEmbedder } from '../../testing/topology/counting-embedder.ts';
import { MemoryGenerations } from '../../testing/topology/memory-app.ts';
import { type MemoryParts, openMemoryProcess } from '../../testing/topology/memory-process.ts';
import { seededLog } from '../../testing/topology/seeded-log.ts';
import { PROMISE_TURNS, VirtualClock } from '../../testing/virtual-clock.ts';
import { Gate } from './gate.ts';
import { Evidence } from './laws/evidence.ts';

/** A process that runs the pipeline's roles. */
export interface Worker {
  readonly gate: Gate;
  readonly app: App;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly env: Readonly<Record<string, string>>;
  readonly live?: typeof createLiveProviders;
  readonly oembed: typeof fetch;
  /** default a CountingEmbedder */
  readonly embedder?: (clock: Clock, latencyMs: () => number) => CountingEmbedder;
}

/** Later than any date in an invented export. */
const START = Date.UTC(2026, 0, 1);
const never = (): Promise<never> => new Promise(() => undefined);
/** In most histories only one has records, as there is one account; the other shows that partitions are told apart. */
const PARTITIONS = 2;
const EMBED_LATENCY_MS = 50;
const IN_MEMORY = '/dev/shm';

let shared: { readonly codec: SchemaCodec; readonly folder: string } | null = null;

/** The ids of the schemas are the same in every history, and take longer to make than a history takes. */
function sharedParts(): { readonly codec: SchemaCodec; readonly folder: string } {
  if (shared === null) {
    // Exports are the only files: in memory, where the system has such a place, they cost no time.
    const folder = mkdtempSync(path.join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'hoardarr-simulation-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    shared = { codec: openLocalCodec({ dataDir: folder }), folder };
  }
  return shared;
}

/**
 * Several processes on one log, one store and one set of metadata, in memory and on one clock. The seed decides how long
 * everything takes, and so in which order it happens.
 */
export class Cluster {
  readonly clock = new VirtualClock(START, PROMISE_TURNS);
  readonly random: () => number;
  readonly log: MemoryEventLog;
  /** everything that was ever written to the log */
  readonly evidence = new Evidence((value) => sharedParts().codec.decode(value));
  readonly metadata = new MemoryMetadataStore();
  readonly generations = new MemoryGenerations();
  readonly embedder: CountingEmbedder;
  /** at most */
  embedderTakesMs = EMBED_LATENCY_MS;
  readonly lines: string[] = [];
  readonly workers: Worker[] = [];
  readonly #cache = new MemoryEmbeddingCache();
  readonly #options: ClusterOptions;
  #front: Worker | null = null;
  #frontDeath: Promise<never> = never();
  #killFront: (why: Error) => void = () => undefined;
  #count = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.random = mulberry32(options.seed);
    this.log = new MemoryEventLog({ clock: this.clock, partitionCount: PARTITIONS });
    this.log.onWrite = (topic, partition, record) => this.evidence.add(topic, partition, record);
    const { embedder = (clock, latencyMs) => new CountingEmbedder(clock, latencyMs) } = options;
    this.embedder = embedder(this.clock, () => Math.floor(this.random() * this.embedderTakesMs));
  }

  get folder(): string {
    return sharedParts().folder;
  }

  /** The process of the person, which runs no roles while others do. */
  get front(): App {
    if (this.#front === null) throw new Error('the cluster is not open');
    return this.#front.app;
  }

  /** Items that wait for their vectors. */
  lateVectors(): Promise<number> {
    return this.#cache.countPending();
  }

  /**
   * The machine sleeps for so long; not while the embedder is asked, whose texts another process may ask for once the time is over
   * for which they are reserved.
   */
  async leap(ms: number): Promise<void> {
    await this.clock.runUntil(() => !this.#cache.isReserved);
    await this.clock.leap(ms);
  }

  get frontGate(): Gate {
    if (this.#front === null) throw new Error('the cluster is not open');
    return this.#front.gate;
  }

  async open(): Promise<void> {
    await this.#openFront();
    await this.addWorker();
  }

  async #openFront(): Promise<void> {
    this.#frontDeath = new Promise((_, reject) => {
      this.#killFront = reject;
    });
    // Often nobody waits for anything of it.
    this.#frontDeath.catch(() => undefined);
    this.#front = await this.#process('front');
  }

  /** What the person's process does: rejects when it is killed, where the work itself would never end. */
  whileFrontLives<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#frontDeath]);
  }

  /** The person's process is killed, whatever it was doing, and the next one begins. */
  async replaceFront(): Promise<void> {
    this.#front?.gate.kill();
    this.#killFront(new Error('its process was killed'));
    await this.#openFront();
  }

  /** The embedder works again as it should. */
  mendEmbedder(): void {
    this.embedder.isDown = false;
    this.embedder.leavesOut = 0;
    this.embedderTakesMs = EMBED_LATENCY_MS;
  }

  /** Nothing can be written to the machine's disk any more, or something can again; what is there can be read. */
  fillDisk(isFull: boolean): void {
    for (const part of [this.log, this.metadata, this.#cache, ...this.generations.made]) part.isFull = isFull;
  }

  /** No process, and nothing that they share, does anything but what it should, from now on. */
  mend(): void {
    this.mendEmbedder();
    this.fillDisk(false);
    this.log.mend();
    this.log.garble = () => false;
    for (const store of this.generations.made) {
      store.refuse = () => false;
      store.beforeCommit = () => undefined;
    }
    for (const { gate } of this.workers) {
      gate.skewMs = 0;
      gate.cutFuse();
      gate.thaw();
    }
    this.frontGate.cutFuse();
    this.frontGate.thaw();
  }

  /** One more process with all roles of the pipeline. */
  async addWorker(): Promise<Worker> {
    const worker = await this.#process(`worker ${++this.#count}`);
    this.workers.push(worker);
    await this.run(worker.app.roles.start(PIPELINE));
    return worker;
  }

  /** It does nothing more, whatever it was doing. */
  kill(worker: Worker): void {
    worker.gate.kill();
    this.workers.splice(this.workers.indexOf(worker), 1);
  }

  async stop(worker: Worker): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    await this.run(worker.app.close());
  }

  /** Lets virtual time pass until the work is done. */
  async run<T>(work: Promise<T>, limitMs?: number): Promise<T> {
    let isDone = false;
    const mark = (): void => {
      isDone = true;
    };
    work.then(mark, mark);
    await this.clock.runUntil(() => isDone, limitMs);
    return work;
  }

  async close(): Promise<void> {
    for (const worker of this.workers) worker.gate.thaw();
    for (const { app } of [...this.workers, ...(this.#front === null ? [] : [this.#front])])
      await this.run(app.close());
    await this.run(this.log.close());
  }

  async #process(name: string): Promise<Worker> {
    // Whoever starts it tries again until it can begin.
    await this.clock.runUntil(() => !this.metadata.isFull);
    const gate = new Gate(name, (subscription, awake) => this.log.evict(subscription, awake));
    const clock = gate.wrapClock(this.clock);
    const random = (): number => this.random();
    const { codec, folder } = sharedParts();
    const lines = this.lines;
    const parts: MemoryParts = {
      folder,
      clock,
      random,
      log: gate.wrapLog(seededLog(this.log, this.clock, random)),
      telemetry: createTelemetry({
        level: 'warn',
        secrets: [],
        stream: { write: (line: string) => lines.push(line) },
      }),
      metadata: gate.wrap(this.metadata, { close: async () => undefined }),
      generations: this.#generationsOf(gate),
      codec,
      cache: gate.wrap(this.#cache),
      embedder: gate.wrapEmbedder(this.embedder),
      newEmbedder: (model) => new CountingEmbedder(this.clock, () => 1, model),
      fetch: this.#options.oembed,
      oembed: this.#options.oembed,
    };
    const { app } = await openMemoryProcess(parts, {
      env: this.#options.env,
      ...(this.#options.live === undefined ? {} : { live: this.#options.live }),
    });
    return { gate, app };
  }

  #generationsOf(gate: Gate): Generations {
    const { generations } = this;
    return {
      open: async (generation) => gate.wrap(await generations.open(generation), { close: async () => undefined }),
      exists: (generation) => gate.through(() => generations.exists(generation)),
      list: () => gate.through(() => generations.list()),
      remove: (generation) => gate.through(() => generations.remove(generation)),
    };
  }
}
