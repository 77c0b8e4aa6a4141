import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../../app/app.ts';
import { loadConfig } from '../../app/config.ts';
import { openApp } from '../../app/open-app.ts';
import type { Role } from '../../app/presence.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { type Proof, proveLog } from '../../testing/log-checker/prove-log.ts';
import { Machine, type Place } from '../../testing/machines/machine.ts';
import { peakMemoryMbOf } from '../measure.ts';
import { Feeders } from './feeders.ts';
import { FlowExports } from './flow-exports.ts';
import { patiently } from './patiently.ts';

export interface FlowInput {
  readonly items: number;
  readonly accounts: number;
  /** an empty folder of the caller */
  readonly folder: string;
  /** how log, registry, store and embedder are reached */
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

/** What ran between two changes, and how fast items came out of it. */
export interface Phase {
  readonly embedders: number;
  readonly sinks: number;
  readonly records: number;
  readonly ms: number;
  readonly perS: number;
}

export interface FlowResult extends Proof {
  readonly phases: readonly Phase[];
  /** producers that ran, after each of their changes; exports that were begun again, since their producer was cut off */
  readonly producers: readonly number[];
  readonly begunAgain: number;
  /** the most that a machine of the role had resident, MiB; absent where the system does not tell */
  readonly peakMemoryMb: Readonly<Partial<Record<Role, number>>>;
  readonly ms: number;
}

/** At this share of what flows, machines come or go. */
interface Change {
  readonly share: number;
  readonly add?: readonly (readonly [string, Role])[];
  /** without a word, as a machine that lost its power */
  readonly cutOff?: string;
  /** in order */
  readonly stop?: string;
}

const CHANGES: readonly Change[] = [
  {
    share: 0,
    add: [
      ['embed-1', 'embed'],
      ['sink-1', 'sink'],
    ],
  },
  { share: 0.15, add: [['embed-2', 'embed']] },
  {
    share: 0.4,
    add: [
      ['embed-3', 'embed'],
      ['embed-4', 'embed'],
      ['sink-2', 'sink'],
    ],
  },
  { share: 0.7, cutOff: 'embed-1' },
  { share: 0.85, stop: 'sink-1' },
];
const LOOK_MS = 200;

/**
 * Items of many accounts flow from producers through embedders to sinks, while machines of each kind come and go; then a second
 * export of each account removes some. What the topics and the store hold afterwards is proved to be right.
 */
export async function runFlow(input: FlowInput): Promise<FlowResult> {
  const flow = await Flow.open(input);
  try {
    return await flow.run();
  } finally {
    await flow.close();
  }
}

class Flow {
  readonly #input: FlowInput;
  readonly #app: App;
  readonly #feeders: Feeders;
  readonly #machines = new Map<string, Machine>();
  readonly #phases: Phase[] = [];
  readonly #peakMemoryMb: Partial<Record<Role, number>> = {};

  private constructor(input: FlowInput, app: App) {
    this.#input = input;
    this.#app = app;
    const { folder, say } = input;
    const exports = new FlowExports(input.items, input.accounts);
    this.#feeders = new Feeders({ exports, folder, say, placeOf: (name) => placeOf(input, name) });
  }

  static async open(input: FlowInput): Promise<Flow> {
    const { path: dataDir, env } = placeOf(input, 'looks-on');
    const telemetry = createTelemetry({ level: 'error', secrets: [] });
    const app = await patiently(() => openApp(loadConfig({ dataDir }, env), telemetry));
    await patiently(() => app.embedder());
    return new Flow(input, app);
  }

  async run(): Promise<FlowResult> {
    const since = performance.now();
    await this.#apply(CHANGES[0] as Change);
    await Promise.all([this.#feeders.feed(0), this.#changeMachines()]);
    await this.#applied();
    this.#input.say('all is applied; the second exports come');
    await this.#feeders.feed(1);
    await this.#applied();
    const ms = performance.now() - since;
    this.#noteMemory();
    const { counts: producers, begunAgain } = this.#feeders;
    const flow = { phases: this.#phases, producers, begunAgain, peakMemoryMb: this.#peakMemoryMb, ms };
    return { ...flow, ...(await patiently(() => proveLog(this.#app))) };
  }

  async close(): Promise<void> {
    await this.#feeders.close();
    await Promise.all([...this.#machines.values()].map((machine) => machine.kill()));
    await this.#app.close();
  }

  async #changeMachines(): Promise<void> {
    let began = performance.now();
    let before = await this.#embedded();
    for (const [index, change] of [...CHANGES.slice(1), { share: 1 }].entries()) {
      while ((await this.#embedded()) < change.share * this.#input.items) await delay(LOOK_MS);
      const now = await this.#embedded();
      this.#note(now - before, performance.now() - began);
      if (index < CHANGES.length - 1) await this.#apply(change);
      // Counted from when they run: until then it is as fast as it was.
      began = performance.now();
      before = await this.#embedded();
    }
  }

  /** Before a machine ends, since nobody can ask it afterwards. */
  #noteMemory(): void {
    this.#feeders.noteMemory();
    if (this.#feeders.peakMemoryMb !== null) this.#peakMemoryMb.producer = this.#feeders.peakMemoryMb;
    for (const { pid, roles } of this.#machines.values()) {
      const peak = pid === null ? null : peakMemoryMbOf(pid);
      for (const role of peak === null ? [] : roles)
        this.#peakMemoryMb[role] = Math.max(this.#peakMemoryMb[role] ?? 0, peak ?? 0);
    }
  }

  #note(records: number, ms: number): void {
    const count = (role: Role): number =>
      [...this.#machines.values()].filter(({ roles }) => roles.includes(role)).length;
    const perS = Math.round((1_000 * records) / ms);
    this.#phases.push({ embedders: count('embed'), sinks: count('sink'), records, ms: Math.round(ms), perS });
    this.#input.say(`${count('embed')} embedders, ${count('sink')} sinks: ${perS} records/s`);
  }

  async #apply({ add = [], cutOff, stop }: Change): Promise<void> {
    const starting = add.map(async ([name, role]) => {
      const machine = new Machine(name, [role], placeOf(this.#input, name));
      await machine.start();
      this.#machines.set(name, machine);
    });
    await Promise.all(starting);
    this.#noteMemory();
    for (const name of [cutOff, stop]) {
      const machine = name === undefined ? undefined : this.#machines.get(name);
      if (name === undefined || machine === undefined) continue;
      if (name === cutOff) await machine.kill();
      else await machine.stop();
      this.#machines.delete(name);
    }
  }

  /** Records of `ingest` that went on. */
  async #embedded(): Promise<number> {
    const lags = await patiently(() => this.#app.log.lag());
    return lags.reduce((sum, { group, committed }) => sum + (group === 'embed' ? committed : 0), 0);
  }

  /** Everything that was written, and all that it caused. */
  async #applied(): Promise<void> {
    while (!(await patiently(() => this.#isApplied()))) await delay(LOOK_MS);
  }

  async #isApplied(): Promise<boolean> {
    const { log, store } = this.#app;
    const ends = await log.ends('ingest');
    const progress = await Promise.all(ends.map(({ partition }) => store.progress(partition)));
    const isFolded = ends.every(({ end }, index) => (progress[index]?.position ?? -1) >= end - 1);
    return isFolded && (await store.outbox(1)).length === 0;
  }
}

/** Of a machine of its own: its data folder, and what it is told. */
function placeOf({ folder, environment }: FlowInput, name: string): Place {
  const dataDir = path.join(folder, name);
  mkdirSync(dataDir, { recursive: true });
  const env = { LOG_LEVEL: 'warn', TIKTOK_OEMBED_URL: 'off', ...environment };
  return { path: dataDir, env, remove: () => undefined };
}
