import type { ListingHistory } from '../history.ts';
import { inventText } from '../world/world.ts';
import { answer, atPage, EMPTY_200, LAST, RATE_LIMITED, REFUSED, SERVER_ERROR, UNAUTHORIZED } from './answers.ts';
import type { ListingFault } from './fault.ts';

const listing = (
  name: string,
  seenAt: string,
  run: ListingFault['run'],
  about: Partial<ListingFault> = {},
): ListingFault => ({ source: 'listing', name, seenAt, run, ...about });

/** Syncs in which pages of the list get this instead of their answer. */
const answered =
  (
    choose: (page: number) => boolean,
    fault: Parameters<typeof answer>[2],
    swallows = false,
  ): ((history: ListingHistory) => Promise<void>) =>
  async (history) => {
    answer(history, choose, fault);
    for (let left = history.world.howLong(); left > 0; left--) await history.sync({ swallows });
  };

const any = (): boolean => true;
const from =
  (first: number) =>
  (page: number): boolean =>
    page >= first;

/** What the list, or the way to it, does. */
export const LISTING_FAULTS: readonly ListingFault[] = [
  listing('nothing goes wrong', '–', (history) => history.sync()),
  listing('an item is saved, and told of, while the list is walked', 'Onyx #14975', async (history) => {
    let saved: number | null = null;
    atPage(history, 2, () => {
      saved = history.world.saveNew();
    });
    await history.sync({
      afterPage: async (page) => {
        if (page !== 2 || saved === null) return;
        await history.deliver(history.world.itemOf(saved));
        await history.look();
      },
    });
  }),
  listing('a page fails half way', 'Airbyte #12782', answered(from(2), SERVER_ERROR)),
  listing('a page fails half way, swallowed', 'Sim #6757', answered(from(2), SERVER_ERROR, true), {
    isConnectors: true,
  }),
  listing('the last page fails, swallowed', 'karakeep-sync', answered(from(3), SERVER_ERROR, true), {
    isConnectors: true,
  }),
  listing('429 from the first page on, swallowed', 'Sim #6757', answered(any, RATE_LIMITED, true), {
    isConnectors: true,
  }),
  listing('401, swallowed', 'Sim #6757', answered(any, UNAUTHORIZED, true), { isConnectors: true }),
  listing('connection refused', 'Radarr #4648', answered(any, REFUSED)),
  listing('connection refused, swallowed', 'Radarr #2455, #4492', answered(any, REFUSED, true), {
    isConnectors: true,
  }),
  listing('an empty list, with status 200', 'Sim #6757', answered(any, EMPTY_200)),
  listing('only page 1 is ever returned', 'Sim #6757', answered(any, LAST)),
  listing(
    'a listing that is capped, and hundreds of true removals',
    'Sim #6315',
    async (history) => {
      answer(history, from(2), LAST);
      const { world } = history;
      for (let left = 150; left > 0; left--) world.unsave(world.pick());
      await history.sync();
    },
    { items: 500, perPage: 100, stays: true },
  ),
  listing(
    'a walk is resumed in the middle',
    'Nango templates #644',
    async (history) => {
      answer(history, (page) => page === 2, SERVER_ERROR);
      await history.sync();
      history.lift();
      await history.sync({ fromPage: 2 });
    },
    { isConnectors: true },
  ),
  listing('pages drift: something is unsaved while the list is walked', 'GithubStarsManager', async (history) => {
    const { world } = history;
    atPage(history, 2, () => world.unsave(world.saved.at(-1) ?? 0));
    await history.sync();
  }),
  listing('the credentials are those of somebody else', '–', async (history) => {
    history.world.impersonate(true);
    for (let left = history.world.howLong(); left > 0; left--) await history.sync();
    history.world.impersonate(false);
  }),
  listing('60 % are unsaved at once, truly', 'Backstage guard', async (history) => {
    const { world } = history;
    for (let left = Math.floor(world.saved.length * 0.6); left > 0; left--) world.unsave(world.pick());
    await history.sync();
  }),
  listing('an item is saved, removed, and saved again', 'dlt #1683', async (history) => {
    const { world } = history;
    const n = world.pick();
    world.unsave(n);
    await history.sync();
    world.save(n);
    await history.sync();
    await history.sync();
  }),
];

/** What happens to what was read: on the way into the collection. */
export const WAY_FAULTS: readonly ListingFault[] = [
  listing('a sync overtakes one that waits for embeddings', 'target-postgres #391', async (history) => {
    const { world, contender, embeddings } = history;
    const [gone, edited] = [world.pick(), world.saveNew()];
    const release = embeddings.hold();
    await history.during(async () => {
      const first = contender.sync();
      await contender.goOn(first);
      world.unsave(gone);
      world.edit(edited);
      world.saveNew();
      const second = contender.sync();
      await contender.goOn(second);
      await history.look();
      release();
      await Promise.all([contender.goOn(first), contender.goOn(second)]);
      await Promise.all([first, second]);
    });
  }),
  listing('the clock stands still during a sync', 'Singer sdk #2103', async (history) => {
    history.freezeClock(true);
    history.world.saveNew();
    await history.sync();
  }),
  listing('the embedding API is down', 'LlamaIndex #22639', async (history) => {
    const { world } = history;
    world.edit(world.pick());
    world.saveNew();
    history.embeddings.isDown = true;
    for (let left = world.howLong(); left > 0; left--) await history.sync();
  }),
  listing('the store refuses one document of a batch', 'LangChain #40226', async (history) => {
    const { world } = history;
    history.refused.add(world.idOf(world.saveNew()));
    world.saveNew();
    await history.sync();
  }),
  listing('two items with identical text, one is removed', 'LlamaIndex #22706', async (history) => {
    const { world } = history;
    const [first] = [world.saveNew('the very same words'), world.saveNew('the very same words')];
    await history.sync();
    world.unsave(first);
    await history.sync();
  }),
  listing('ids that are equal once their parts are joined', 'dlt #4244', async (history) => {
    const { world } = history;
    const [first, second] = [world.saveNew(), world.saveNew()];
    world.rename(first, 'ab/c');
    world.rename(second, 'a/bc');
    await history.sync();
    world.unsave(first);
    await history.sync();
  }),
  listing('counters change, and nothing else', 'LangChain index()', async (history) => {
    history.world.churn();
    await history.sync();
  }),
  listing('news of an item that was removed come late', 'Nango', async (history) => {
    const { world } = history;
    const n = world.pick();
    const item = world.itemOf(n);
    world.unsave(n);
    await history.sync();
    await history.during(() => history.deliver(item));
  }),
  listing(
    '100 texts that are together more than a request may have',
    'Elasticsearch #135015',
    async (history) => {
      for (let left = 100; left > 0; left--) history.world.saveNew(inventText(history.world.chance, 3_200));
      await history.sync();
    },
    { perPage: 100 },
  ),
  listing(
    '500 short items are new',
    'Redpanda Connect',
    async (history) => {
      for (let left = 500; left > 0; left--) history.world.saveNew();
      await history.sync();
    },
    { perPage: 100 },
  ),
];
