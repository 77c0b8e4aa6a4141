import { type Profiler, Session } from 'node:inspector';
import { isFileUrl } from './target.ts';

/** Folders whose code counts, and the packages that do the reading for it. */
const COUNTED =
  /\/(?:api|app|codec|core|processors|producers|search|sinks)\/[^.]*\.ts$|\/node_modules\/(?:avsc|csv-parse|yauzl|@streamparser)\//;

/**
 * Which parts of the code were reached, by V8's own counters: they need no instrumented build, and so hold for packages and for
 * async code too. Reading them takes a millisecond or more, so that inputs are run in batches between two readings.
 */
export class Coverage {
  readonly #session = new Session();
  /** for each script, the characters that were reached */
  #reached = new Map<string, Uint8Array>();
  #count = 0;

  start(): void {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  stop(): void {
    this.#post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }

  /** characters of source code that were reached */
  get reached(): number {
    return this.#count;
  }

  /** Forgets what was reached, to find the fewest inputs that reach it again. */
  forget(): void {
    this.read();
    this.#reached = new Map();
    this.#count = 0;
  }

  /** What ran since the last reading. */
  read(): readonly Profiler.ScriptCoverage[] {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType;
    return result.filter(({ url }) => isFileUrl(url) && COUNTED.test(url));
  }

  /** How many characters of it were not reached before. They count as reached from now on, unless `look`. */
  add(scripts: readonly Profiler.ScriptCoverage[], look = false): number {
    let fresh = 0;
    for (const { url, functions } of scripts) {
      const reached = this.#reached.get(url) ?? new Uint8Array();
      const now = paint(functions, reached.length);
      for (let at = 0; at < now.length; at++) if (now[at] === 1 && reached[at] !== 1) fresh++;
      if (look) continue;
      for (let at = 0; at < reached.length; at++) if (reached[at] === 1) now[at] = 1;
      this.#reached.set(url, now);
    }
    if (!look) this.#count += fresh;
    return fresh;
  }

  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    // The session is this process's own, and answers before `post` returns.
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

/** 1 for each character that ran. Ranges lie within those before them, and say otherwise where they do not run. */
function paint(functions: readonly Profiler.FunctionCoverage[], atLeast: number): Uint8Array {
  const end = functions.reduce((most, { ranges }) => Math.max(most, ranges[0]?.endOffset ?? 0), atLeast);
  const painted = new Uint8Array(end);
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges) painted.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return painted;
}
