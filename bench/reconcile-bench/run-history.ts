import { mulberry32 } from '../../testing/producer-world.ts';
import { Connected } from './connected.ts';
import type { Entrant } from './contenders.ts';
import { EmbeddingApi } from './embedding-api.ts';
import type { ExportFault, Fault, ListingFault } from './faults/fault.ts';
import { ExportHistory, type History, type HistoryParts, ListingHistory, type Outcome } from './history.ts';
import { Hoardarr } from './hoardarr/hoardarr.ts';
import { ExportWorld } from './world/export-world.ts';
import { ListingWorld } from './world/listing-world.ts';
import type { World } from './world/world.ts';

const ITEMS = 30;
const PER_PAGE = 10;
const UNDISTURBED_SYNCS = 2;
const START = Date.UTC(2026, 0, 1);

/**
 * One history: a first sync, an ordinary day, the fault, an ordinary day, and two undisturbed syncs. What happens at the source
 * depends on the seed and the fault alone, so that every contender meets the same.
 */
export async function runHistory(entrant: Entrant, fault: Fault, seed: number): Promise<Outcome> {
  const random = mulberry32(seed);
  return fault.source === 'listing'
    ? listing(
        await open(entrant, fault, seed, (now) => new ListingWorld(random, now, fault.perPage ?? PER_PAGE)),
        fault,
      )
    : exports(await open(entrant, fault, seed, () => new ExportWorld(random)), fault);
}

async function listing(parts: HistoryParts<ListingWorld>, fault: ListingFault): Promise<Outcome> {
  const history = new ListingHistory(parts);
  const { world } = history;
  await told(history, () => history.sync());
  await fault.run(history);
  if (fault.stays !== true) history.lift();
  world.live();
  for (let left = UNDISTURBED_SYNCS; left > 0; left--) await history.sync();
  return close(history);
}

async function exports(parts: HistoryParts<ExportWorld>, fault: ExportFault): Promise<Outcome> {
  const history = new ExportHistory(parts);
  await told(history, () => history.hand());
  await fault.run(history);
  history.lift();
  history.world.live();
  for (let left = UNDISTURBED_SYNCS; left > 0; left--) await history.hand();
  return close(history);
}

/** The first sync, and an ordinary day with the second. */
async function told(history: History, sync: () => Promise<void>): Promise<void> {
  await sync();
  history.world.live();
  await sync();
  history.world.live();
}

async function close(history: History): Promise<Outcome> {
  const outcome = await history.outcome();
  await history.contender.close();
  return outcome;
}

async function open<W extends World>(
  entrant: Entrant,
  fault: Fault,
  seed: number,
  openWorld: (now: () => number) => W,
): Promise<HistoryParts<W>> {
  const embeddings = new EmbeddingApi();
  const refused = new Set<string>();
  const fill = (world: W): W => {
    for (let left = fault.items ?? ITEMS; left > 0; left--) world.saveNew();
    return world;
  };
  if (entrant.open === null) {
    const parts = { seed, embeddings, refused, env: entrant.env ?? {} };
    const [contender, world] = await Hoardarr.open(parts, (now) => fill(openWorld(now)));
    // Its order comes from positions in its log, and no clock of the benchmark has a part in it.
    return { world, contender, embeddings, refused, freezeClock: () => undefined };
  }
  let clock = START;
  let isFrozen = false;
  const world = fill(openWorld(() => clock));
  const library = entrant.open({ embeddings, refused, now: () => (isFrozen ? clock : ++clock) });
  const contender = new Connected(library, world, (ms) => {
    clock += ms;
  });
  const freezeClock = (frozen: boolean): void => {
    isFrozen = frozen;
  };
  return { world, contender, embeddings, refused, freezeClock };
}
