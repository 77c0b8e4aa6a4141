import type { Clock, Random } from '../../core/ports/clock.ts';
import type { Telemetry } from '../../core/ports/telemetry.ts';

/** What the adapters of the embedder port are given. */
export interface EmbedderDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Told while a slow embedder works; `done` of `total` texts, both 0 while its model loads. */
  readonly onProgress?: (progress: EmbedProgress) => void;
}

export interface EmbedProgress {
  readonly phase: 'loading' | 'embedding';
  readonly done: number;
  readonly total: number;
}
