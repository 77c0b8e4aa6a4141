/** What a benchmark is asked to do. */
export interface BenchOptions {
  readonly items: number;
  /** how often each side is measured; figures are medians */
  readonly rounds: number;
  /** an empty folder for its files, which the caller removes */
  readonly folder: string;
}

/** A goal as the issue states it, with what was measured. */
export interface Goal {
  readonly what: string;
  readonly value: number | boolean;
  readonly goal: string;
  readonly met: boolean;
}

/** What a benchmark measured. Units are last in the names. */
export interface Measured {
  readonly figures: Readonly<Record<string, unknown>>;
  /** the same work done by a bare script, in the same run */
  readonly floor: Readonly<Record<string, unknown>>;
  /** of what we take or do to the floor's; its goal says which way */
  readonly ratio: number;
  readonly goals: readonly Goal[];
}

export interface Bench {
  readonly items: number;
  readonly rounds: number;
  run(options: BenchOptions): Promise<Measured>;
}
