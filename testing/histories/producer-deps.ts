import type { HistoryLog } from './log.ts';
import type { Proof, Random } from './types.ts';
import type { World } from './world.ts';

/** What the producers of a history need. */
export interface ProducerDeps {
  readonly world: World;
  readonly log: HistoryLog;
  readonly proof: Proof;
  readonly random: Random;
  readonly chance: (probability: number) => boolean;
  readonly reach: (what: string) => void;
  readonly violate: (what: string) => void;
}
