import { Presets, SingleBar } from 'cli-progress';
import type { Io } from './io.ts';

const LINE_EVERY_MS = 2_000;

export interface Progress {
  /** `total` null: not known */
  report(phase: string, done: number, total: number | null): void;
  end(): void;
}

/** A bar on a terminal, plain lines elsewhere; on stderr, so that stdout holds the result alone. */
export function createProgress(io: Io, now: () => number): Progress {
  return io.isTerminal ? new BarProgress(io) : new LineProgress(io, now);
}

class BarProgress implements Progress {
  readonly #io: Io;
  #bar: SingleBar | null = null;
  #phase = '';

  constructor(io: Io) {
    this.#io = io;
  }

  report(phase: string, done: number, total: number | null): void {
    if (this.#bar === null || phase !== this.#phase) this.#begin(phase);
    this.#bar?.setTotal(Math.max(total ?? done, 1));
    this.#bar?.update(done);
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  #begin(phase: string): void {
    this.end();
    this.#phase = phase;
    this.#bar = new SingleBar(
      {
        format: `${phase.padEnd(10)} {bar} {percentage}% | {value}/{total}`,
        stream: this.#io.stderr,
        clearOnComplete: true,
        hideCursor: true,
      },
      Presets.shades_classic,
    );
    this.#bar.start(1, 0);
  }
}

class LineProgress implements Progress {
  readonly #io: Io;
  readonly #now: () => number;
  #lastAt: number;
  #last = '';

  constructor(io: Io, now: () => number) {
    this.#io = io;
    this.#now = now;
    this.#lastAt = now();
  }

  report(phase: string, done: number, total: number | null): void {
    if (this.#now() - this.#lastAt < LINE_EVERY_MS) return;
    const line = `${phase}: ${done}${total === null ? '' : ` of ${total}`}\n`;
    if (line === this.#last) return;
    this.#last = line;
    this.#lastAt = this.#now();
    this.#io.stderr.write(line);
  }

  end(): void {}
}
