import { Coverage } from './coverage.ts';
import { mutate, type Random } from './mutate.ts';
import { bytesOf, type FuzzTarget, PropertyError, type Subject } from './target.ts';

/** An input that broke what must hold. */
export interface Finding {
  readonly input: Uint8Array;
  readonly error: Error;
}

export interface FuzzReport {
  readonly executions: number;
  readonly seconds: number;
  /** characters of source code that the corpus reached, and that were reached at the end */
  readonly reachedBefore: number;
  readonly reached: number;
  /** inputs that reached something new */
  readonly added: readonly Uint8Array[];
  readonly findings: readonly Finding[];
  /** ms that the slowest input took */
  readonly slowestMs: number;
}

export interface FuzzOptions {
  readonly seconds: number;
  readonly random: Random;
  readonly corpus: readonly Uint8Array[];
  /** inputs that reach something new, after which it ends though time is left */
  readonly enough?: number;
  /** hears of each input before it is run */
  readonly before?: (input: Uint8Array) => void;
}

/** Between two readings of the coverage. */
const BATCH_INPUTS = 200;
const BATCH_MS = 25;
/** Of this process alone, for inputs of a few kB: others may keep the machine busy. */
const LIMIT_CPU_MS = 2_000;
const MOST_FINDINGS = 20;
const MINIMIZE_MS = 15_000;

/** Runs a target on the corpus and on what is made of it, keeping what reaches new code. */
export class Fuzzer {
  readonly #target: FuzzTarget;
  readonly #subject: Subject;
  readonly #options: FuzzOptions;
  readonly #coverage = new Coverage();
  readonly #pool: Uint8Array[] = [];
  readonly #findings = new Map<string, Finding>();
  readonly #unhandled: Error[] = [];
  /** ends the run under way, which an error that nobody could catch has left hanging */
  #giveUp: (() => void) | null = null;
  #executions = 0;
  #slowestMs = 0;

  constructor(target: FuzzTarget, subject: Subject, options: FuzzOptions) {
    this.#target = target;
    this.#subject = subject;
    this.#options = options;
  }

  /** Until the time is over, or 20 different things were found. */
  async run(): Promise<FuzzReport> {
    const onUnhandled = (reason: unknown): void => {
      this.#unhandled.push(asError(reason));
      this.#giveUp?.();
    };
    process.on('unhandledRejection', onUnhandled);
    process.on('uncaughtException', onUnhandled);
    this.#coverage.start();
    try {
      return await this.#run();
    } finally {
      this.#coverage.stop();
      process.off('unhandledRejection', onUnhandled);
      process.off('uncaughtException', onUnhandled);
    }
  }

  async #run(): Promise<FuzzReport> {
    const { seconds, corpus, enough = Number.POSITIVE_INFINITY } = this.#options;
    for (const input of [...this.#target.seeds.map(bytesOf), ...corpus]) {
      await this.#try(input);
      this.#coverage.add(this.#coverage.read());
      this.#pool.push(input);
    }
    const reachedBefore = this.#coverage.reached;
    const known = this.#pool.length;
    const since = performance.now();
    const until = since + seconds * 1_000;
    const isEnough = (): boolean => this.#findings.size >= MOST_FINDINGS || this.#pool.length - known >= enough;
    while (performance.now() < until && !isEnough()) await this.#batch(until);
    const tookMs = performance.now() - since;
    const executions = this.#executions;
    return {
      executions,
      seconds: tookMs / 1_000,
      reachedBefore,
      reached: this.#coverage.reached,
      added: this.#pool.slice(known),
      findings: await this.#minimized(),
      slowestMs: this.#slowestMs,
    };
  }

  /** Of inputs, the fewest and shortest that reach what all of them do. */
  async fewest(inputs: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    this.#coverage.start();
    try {
      for (const input of inputs) await this.#try(input);
      this.#coverage.forget();
      for (const seed of this.#target.seeds) await this.#try(bytesOf(seed));
      this.#coverage.add(this.#coverage.read());
      const kept: Uint8Array[] = [];
      for (const input of inputs.toSorted((a, b) => a.length - b.length)) {
        await this.#try(input);
        if (this.#coverage.add(this.#coverage.read()) > 0) kept.push(input);
      }
      return kept;
    } finally {
      this.#coverage.stop();
    }
  }

  async #batch(until: number): Promise<void> {
    const batch: Uint8Array[] = [];
    const end = Math.min(until, performance.now() + BATCH_MS);
    while (batch.length < BATCH_INPUTS && performance.now() < end) {
      const input = this.#next();
      batch.push(input);
      await this.#try(input);
    }
    const reached = this.#coverage.read();
    if (this.#coverage.add(reached, true) === 0) return;
    await this.#keepNew(batch);
    // What is reached only once (a cache was filled) would be looked for again and again.
    this.#coverage.add(reached);
  }

  /** Keeps those of a batch that reach something new, found by halves, since a reading takes longer than most inputs. */
  async #keepNew(batch: readonly Uint8Array[]): Promise<void> {
    for (const input of batch) await this.#try(input);
    const reached = this.#coverage.read();
    if (this.#coverage.add(reached, batch.length > 1) === 0) return;
    const [first] = batch;
    if (batch.length === 1 && first !== undefined) this.#pool.push(first);
    const half = batch.length >> 1;
    if (half === 0) return;
    await this.#keepNew(batch.slice(0, half));
    await this.#keepNew(batch.slice(half));
  }

  /** Made of one of the newest at every other time: they lead where nobody was. */
  #next(): Uint8Array {
    const { random } = this.#options;
    const from = random() < 0.5 ? Math.floor(0.75 * this.#pool.length) : 0;
    const input = this.#pool[from + Math.floor(random() * (this.#pool.length - from))] ?? new Uint8Array();
    return mutate(input, random, { words: this.#target.words, pool: this.#pool });
  }

  async #try(input: Uint8Array): Promise<void> {
    this.#executions++;
    const error = await this.#errorOf(input);
    if (error === null || this.#findings.size >= MOST_FINDINGS) return;
    const kind = kindOf(error);
    if (!this.#findings.has(kind)) this.#findings.set(kind, { input, error });
  }

  async #errorOf(input: Uint8Array): Promise<Error | null> {
    const { error, tookMs } = await this.#runOnce(input);
    if (error !== null) return error;
    // Rubbish of former inputs may have been collected meanwhile: what is slow is so again.
    const leastMs = tookMs > LIMIT_CPU_MS ? Math.min(tookMs, (await this.#runOnce(input)).tookMs) : tookMs;
    this.#slowestMs = Math.max(this.#slowestMs, leastMs);
    if (leastMs > LIMIT_CPU_MS) return new PropertyError(`${input.length} bytes took ${Math.round(leastMs)} ms`);
    return this.#unhandled.shift() ?? null;
  }

  /** The error that came of it, and the ms of computing that it took. */
  async #runOnce(input: Uint8Array): Promise<{ readonly error: Error | null; readonly tookMs: number }> {
    const since = process.cpuUsage();
    this.#options.before?.(input);
    let error: Error | null = null;
    try {
      const running = this.#subject.run(input);
      const gaveUp = new Promise<void>((resolve) => {
        this.#giveUp = resolve;
      });
      if (running !== undefined) await Promise.race([running, gaveUp]);
      // Rejections that nobody handles are known after the microtasks, and are this input's fault, not the next one's.
      await new Promise((resolve) => setImmediate(resolve));
    } catch (thrown) {
      error = asError(thrown);
    }
    const { user, system } = process.cpuUsage(since);
    return { error, tookMs: (user + system) / 1_000 };
  }

  /** Each finding with the shortest input, found in limited time, that gives the same error. */
  async #minimized(): Promise<Finding[]> {
    const smallest: Finding[] = [];
    for (const [kind, found] of this.#findings) {
      let { input, error } = found;
      const until = performance.now() + MINIMIZE_MS;
      for (let piece = input.length >> 1; piece > 0 && performance.now() < until; piece >>= 1) {
        for (let at = 0; at < input.length && performance.now() < until; ) {
          const shorter = Buffer.concat([input.subarray(0, at), input.subarray(at + piece)]);
          const same = await this.#errorOf(shorter);
          if (same !== null && kindOf(same) === kind) [input, error] = [shorter, same];
          else at += piece;
        }
      }
      smallest.push({ input, error });
    }
    return smallest;
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new PropertyError(`something was thrown that is no error: ${String(thrown)}`);
}

/** Findings with the same name and words, from the same place, are one. */
function kindOf({ name, message, stack = '' }: Error): string {
  const place = /\n +at [^\n]*\/(?:api|app|codec|core|processors|producers|search|sinks|node_modules)\/[^\n]*/.exec(
    stack,
  );
  const words = message.replace(/[^A-Za-z ]+/g, ' ').slice(0, 40);
  return name === 'PropertyError' ? `${name} ${words}` : `${name} ${place?.[0] ?? words}`;
}
