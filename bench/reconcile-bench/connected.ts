import { setImmediate } from 'node:timers/promises';
import { readExport, readPages } from './connector.ts';
import type { Contender, Library, SavedItem, Walk } from './contender.ts';
import type { World } from './world/world.ts';

/** Turns of the event loop after which whoever waits for nothing but promises has come to rest. */
const TURNS = 200;

/** A library behind the common connector. */
export class Connected implements Contender {
  readonly #library: Library;
  readonly #world: World;
  readonly #passes: (ms: number) => void;

  constructor(library: Library, world: World, passes: (ms: number) => void) {
    this.#library = library;
    this.#world = world;
    this.#passes = passes;
  }

  sync(walk: Walk = {}): Promise<void> {
    const { listing } = this.#world;
    if (listing === null) throw new Error('this source cannot be asked');
    return attempt(this.#library.full(readPages(listing, walk)));
  }

  takeExport(bytes: string, walk: Walk = {}): Promise<void> {
    return attempt(this.#library.full(readExport(bytes, walk)));
  }

  deliver(item: SavedItem): Promise<void> {
    return attempt(this.#library.upsert([item]));
  }

  ids(): Promise<ReadonlySet<string>> {
    return this.#library.ids();
  }

  async goOn(work: Promise<void>): Promise<void> {
    await Promise.race([work, rest()]);
  }

  async pass(ms: number): Promise<void> {
    this.#passes(ms);
  }

  async close(): Promise<void> {}
}

async function rest(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await setImmediate();
}

/** A sync that failed is tried again at the next one, as a scheduler does. */
async function attempt(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof TypeError && !/fetch failed|terminated/.test(error.message)) throw error;
  }
}
