import type { Clock } from '../core/ports/clock.ts';

/** More turns than a record needs for its way through all stages of one process. */
const MAX_TURNS = 20;
/** A turn of the event loop in which nobody else did anything takes less. */
const IDLE_TURN_MS = 2;

/**
 * Lets others of this process go first, until a turn of the event loop passes in which they had nothing to do: an item of
 * another account needs a turn in each stage, and after one turn alone it would wait for a step of ours before each of them.
 */
export async function giveWay(clock: Clock): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const since = clock.now();
    await clock.sleep(0);
    if (clock.now() - since <= IDLE_TURN_MS) return;
  }
}
