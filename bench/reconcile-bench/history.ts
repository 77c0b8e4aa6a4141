import type { Contender, SavedItem, Walk } from './contender.ts';
import type { EmbeddingApi } from './embedding-api.ts';
import type { ExportWorld } from './world/export-world.ts';
import type { ListingWorld } from './world/listing-world.ts';
import type { World } from './world/world.ts';

/** What became of a history, or of many. */
export interface Outcome {
  /** items that could not be found any more though they were saved, before the sync and all through it */
  wrong: number;
  /** of these, found again at the end */
  healed: number;
  /** items that could be found at the end, two undisturbed syncs after the fault, though they were not saved */
  missed: number;
  /** of these, the ones that a person was asked about and has not answered */
  waiting: number;
  /** items that could not be found at the end though they were saved */
  lost: number;
  /** items that could be found after a sync though they had not been saved when it began, summed over the syncs */
  late: number;
  embeddingRequests: number;
  tokens: number;
  /** texts that were embedded again */
  again: number;
  sourceRequests: number;
  /** how often a person was asked for something */
  asked: number;
}

export const NOTHING: Outcome = {
  wrong: 0,
  healed: 0,
  missed: 0,
  waiting: 0,
  lost: 0,
  late: 0,
  embeddingRequests: 0,
  tokens: 0,
  again: 0,
  sourceRequests: 0,
  asked: 0,
};

export interface HistoryParts<W extends World> {
  readonly world: W;
  readonly contender: Contender;
  readonly embeddings: EmbeddingApi;
  readonly refused: Set<string>;
  /** lets the clock of who uses it stand still */
  readonly freezeClock: (isFrozen: boolean) => void;
}

const HOUR_MS = 3_600_000;

/** One contender and one world: what happens, and what is seen of it from outside. */
export class History<W extends World = World> {
  readonly world: W;
  readonly contender: Contender;
  readonly embeddings: EmbeddingApi;
  readonly refused: Set<string>;
  readonly freezeClock: (isFrozen: boolean) => void;
  readonly #wrong = new Set<string>();
  #late = 0;
  #found: ReadonlySet<string> = new Set();
  #saved: ReadonlySet<string> = new Set();

  constructor({ world, contender, embeddings, refused, freezeClock }: HistoryParts<W>) {
    this.world = world;
    this.contender = contender;
    this.embeddings = embeddings;
    this.refused = refused;
    this.freezeClock = freezeClock;
  }

  /** What can be found now is compared with what could be, and with what is true. */
  async look(): Promise<void> {
    const found = await this.contender.ids();
    const saved = this.world.savedIds;
    for (const id of this.#found) if (!found.has(id) && saved.has(id) && this.#saved.has(id)) this.#wrong.add(id);
    this.#found = found;
    this.#saved = saved;
  }

  /** One sync, or whatever comes in its place, an hour after the last. */
  async during(work: () => Promise<void>): Promise<void> {
    await this.contender.pass(HOUR_MS);
    await this.look();
    const savedBefore = this.world.savedIds;
    await work();
    await this.look();
    for (const id of this.#found) if (!savedBefore.has(id) && !this.#saved.has(id)) this.#late++;
  }

  /** No more faults, whatever they were. */
  lift(): void {
    const { listing } = this.world;
    if (listing !== null) listing.service.before = () => undefined;
    this.embeddings.isDown = false;
    this.refused.clear();
    this.freezeClock(false);
  }

  async outcome(): Promise<Outcome> {
    const { requests, tokens, again } = this.embeddings;
    const waiting = (await this.contender.waiting?.()) ?? new Set();
    const missed = [...this.#found].filter((id) => !this.#saved.has(id));
    return {
      ...NOTHING,
      wrong: this.#wrong.size,
      healed: [...this.#wrong].filter((id) => this.#found.has(id)).length,
      missed: missed.length,
      waiting: missed.filter((id) => waiting.has(id)).length,
      lost: [...this.#saved].filter((id) => !this.#found.has(id)).length,
      late: this.#late,
      embeddingRequests: requests,
      tokens,
      again,
      asked: this.contender.asked ?? 0,
      sourceRequests: this.world.listing?.service.requests.length ?? 0,
    };
  }
}

export class ListingHistory extends History<ListingWorld> {
  sync(walk: Walk = {}): Promise<void> {
    return this.during(() => this.contender.sync(walk));
  }

  deliver(item: SavedItem): Promise<void> {
    return this.contender.deliver(item);
  }
}

export class ExportHistory extends History<ExportWorld> {
  /** @param bytes default what the person would get now */
  hand(bytes: string = this.world.takeExport(), walk: Walk = {}): Promise<void> {
    return this.during(() => this.contender.takeExport(bytes, walk));
  }
}
