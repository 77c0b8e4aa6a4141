export interface RoundsOptions {
  /** rejects when the signal is aborted */
  readonly clock: { sleep(ms: number, signal: AbortSignal): Promise<void> };
  /** between the end of a round and the next one */
  readonly everyMs: number;
  /** the first round comes after a pause, too */
  readonly startsLater?: boolean;
  /** One round. What it throws ends the rounds: it tells of failures itself. */
  readonly round: () => Promise<void>;
}

/** Something that is done again and again, one round at a time, until it is stopped. */
export class Rounds {
  readonly #options: RoundsOptions;
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ended = this.#run();
  }

  /** Resolves when the round under way has come to its end. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { startsLater = false, round } = this.#options;
    if (startsLater) await this.#pause();
    while (!this.#stopping.signal.aborted) {
      await round();
      await this.#pause();
    }
  }

  /** Ends early when the rounds are stopped. */
  #pause(): Promise<void> {
    const { clock, everyMs } = this.#options;
    return clock.sleep(everyMs, this.#stopping.signal).catch(() => undefined);
  }
}
