import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Place } from '../../testing/machines/machine.ts';
import { peakMemoryMbOf } from '../measure.ts';
import { Feeder } from './feeder.ts';
import type { FlowExports } from './flow-exports.ts';

export interface FeedersInput {
  readonly exports: FlowExports;
  /** where exports are written */
  readonly folder: string;
  readonly placeOf: (name: string) => Place;
  readonly say: (line: string) => void;
}

/** Once this share of a turn's exports is in the log, producers come or go; what a turn does not come to, the next one does. */
interface Change {
  readonly share: number;
  readonly add?: readonly string[];
  /** `cutOff`: the busiest, without a word; `stop`: the one that has been there for longest, in order */
  readonly end?: 'cutOff' | 'stop';
}

const CHANGES: readonly Change[] = [
  { share: 0, add: ['feeder-1'] },
  { share: 0.2, add: ['feeder-2', 'feeder-3'] },
  { share: 0.4, end: 'cutOff' },
  { share: 0.6, end: 'stop' },
  { share: 0.7, add: ['feeder-4'] },
];
const FEEDS_AT_ONCE = 4;

/** Brings the exports of all accounts by producers that come and go. What one was cut off at, another brings anew. */
export class Feeders {
  readonly #input: FeedersInput;
  readonly #feeders = new Set<Feeder>();
  /** how many producers ran, after each change */
  readonly counts: number[] = [];
  /** exports that were begun again, since who brought them was cut off */
  begunAgain = 0;
  /** the most that one had resident, MiB; null where the system does not tell */
  peakMemoryMb: number | null = null;
  #changed = 0;

  constructor(input: FeedersInput) {
    this.#input = input;
  }

  async feed(turn: 0 | 1): Promise<void> {
    const { accounts } = this.#input.exports;
    const waiting = Array.from({ length: accounts }, (_, account) => account);
    const underWay = new Set<Promise<void>>();
    while (waiting.length > 0 || underWay.size > 0) {
      this.#handOut(waiting, (feeder, account) => {
        const job = this.#bring(feeder, account, turn).then((isBrought) => {
          underWay.delete(job);
          if (!isBrought) waiting.unshift(account);
        });
        underWay.add(job);
      });
      // While it is under way, so that somebody is cut off in the middle.
      if (await this.#change(1 - (waiting.length + underWay.size) / accounts)) continue;
      await Promise.race(underWay);
    }
    // Where the last exports came in all at once.
    for (let isChanged = turn === 1; isChanged; ) isChanged = await this.#change(1);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#feeders].map((feeder) => feeder.kill()));
  }

  noteMemory(): void {
    for (const { pid } of this.#feeders) {
      const peak = pid === null ? null : peakMemoryMbOf(pid);
      if (peak !== null) this.peakMemoryMb = Math.max(this.peakMemoryMb ?? 0, peak);
    }
  }

  #handOut(waiting: number[], bring: (feeder: Feeder, account: number) => void): void {
    for (const feeder of this.#feeders)
      while (feeder.busy < FEEDS_AT_ONCE) {
        const account = waiting.shift();
        if (account === undefined) return;
        bring(feeder, account);
      }
  }

  async #bring(feeder: Feeder, account: number, turn: 0 | 1): Promise<boolean> {
    const { exports, folder } = this.#input;
    const file = path.join(folder, `${turn}-${account}.json`);
    writeFileSync(file, exports.of(account, turn));
    const isBrought = await feeder.bring({
      file,
      options: { user: exports.userOf(account), asOf: exports.asOf(turn) },
    });
    if (!isBrought) this.begunAgain++;
    return isBrought;
  }

  /** True where something changed. */
  async #change(share: number): Promise<boolean> {
    const change = CHANGES[this.#changed];
    if (change === undefined || share < change.share) return false;
    this.#changed++;
    this.noteMemory();
    await Promise.all((change.add ?? []).map((name) => this.#add(name)));
    if (change.end !== undefined) await this.#end(change.end);
    this.counts.push(this.#feeders.size);
    this.#input.say(`${this.#feeders.size} producers`);
    return true;
  }

  async #add(name: string): Promise<void> {
    this.#feeders.add(await Feeder.start(name, this.#input.placeOf(name)));
  }

  async #end(how: 'cutOff' | 'stop'): Promise<void> {
    const all = [...this.#feeders];
    const chosen = how === 'stop' ? all[0] : all.toSorted((a, b) => b.busy - a.busy)[0];
    if (chosen === undefined) return;
    // From now on it is told nothing more.
    this.#feeders.delete(chosen);
    await (how === 'stop' ? chosen.stop() : chosen.kill());
  }
}
