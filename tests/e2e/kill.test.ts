import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Random } from '../../core/ports/clock.ts';
import { mulberry32 } from '../../testing/producer-world.ts';
import { readNumber, seedFor } from '../../testing/seeds.ts';
import { inventedExport, inventedId, inventedRows } from '../../testing/topology/invented-export.ts';
import type { DataFolder } from './data-folder.test-support.ts';
import { EmbeddingMeter, Story } from './story.test-support.ts';

/** Fewer at a developer's desk, where every second counts; all of them before a merge. */
const KILLS = readNumber('KILLS') ?? (process.env['CI'] === undefined ? 12 : 50);
const LIMIT_MS = 900_000;
const DAY_MS = 86_400_000;
const MADE = Date.UTC(2025, 5, 1);
const ITEMS = 500;
const LATER_ITEMS = 200;
/** So many stories are killed side by side, each on a folder of its own: they wait more than they work. */
const LANES = 2;
/** A story is cut off so often before it may end. */
const CUTS = 5;
/** A rebuild waits for other processes, so not every story has one. */
const REBUILD_EACH = 4;
/** The embedder keeps so many requests in flight at most. */
const REQUESTS_AT_ONCE = 4;

const isGone = (_row: unknown, n: number): boolean => n % 10 === 3;

/** An import, one that adds and removes, a restore, a purge, and where it is asked for a rebuild. */
const commandsFor =
  (rebuilds: boolean) =>
  (folder: DataFolder): readonly (readonly string[])[] => {
    const rows = inventedRows(ITEMS + LATER_ITEMS);
    const first = inventedExport(rows.slice(LATER_ITEMS));
    const second = inventedExport(
      rows.filter((row, n) => !isGone(row, n)),
      MADE + DAY_MS,
    );
    return [
      ['import', 'tiktok', folder.write(first)],
      ['import', 'tiktok', folder.write(second)],
      ['restore', 'tiktok', inventedId(303)],
      ['purge', 'tiktok', inventedId(313), inventedId(4)],
      ...(rebuilds ? [['rebuild']] : []),
    ];
  };

/** All that a story ends in, as a person sees it. */
async function endOf(folder: DataFolder): Promise<object> {
  const { accounts, digest, deadLetters } = await folder.status();
  return { digest, deadLetters, accounts: accounts.map(({ active, trash, held }) => ({ active, trash, held })) };
}

interface Calm {
  readonly tookMs: number;
  readonly end: object;
  readonly texts: number;
}

/** What a story comes to, and how long it takes, when nobody kills it. */
async function undisturbed(meter: EmbeddingMeter, rebuilds: boolean): Promise<Calm> {
  const story = new Story(meter, commandsFor(rebuilds));
  const tookMs = await story.finish();
  const end = await endOf(story.folder);
  expect(meter.again).toEqual([]);
  story.folder.remove();
  return { tookMs, end, texts: meter.texts.size };
}

/** Kills one story after another, each a few times at any moment, and lets it end. */
async function killStories(meter: EmbeddingMeter, kills: number, calm: readonly Calm[], random: Random): Promise<void> {
  for (let done = 0, stories = 0; done < kills; stories += 1) {
    const rebuilds = stories % REBUILD_EACH === 0;
    const { tookMs, end, texts } = calm[Number(rebuilds)]!;
    const story = new Story(meter, commandsFor(rebuilds));
    for (let cuts = 0; cuts < CUTS && done < kills; cuts += 1) {
      if (!(await story.kill(random() * tookMs))) break;
      done += 1;
      expect(await meter.afterKill(story.folder)).toBeLessThanOrEqual(REQUESTS_AT_ONCE);
    }
    await story.finish();
    expect(await endOf(story.folder)).toEqual(end);
    expect(meter.again).toEqual([]);
    expect(meter.texts.size).toBe(texts);
    story.folder.remove();
  }
}

describe('a process that is killed with signal 9', () => {
  let meters: readonly EmbeddingMeter[];
  beforeAll(async () => {
    meters = await Promise.all(Array.from({ length: LANES }, () => EmbeddingMeter.start()));
  });
  afterAll(() => Promise.all(meters.map(({ server }) => server.stop())));

  const name = `at ${KILLS} moments, and started again, ends as if nothing had happened`;
  const work = async (): Promise<void> => {
    const seed = seedFor('KILL_SEED');
    const calm = [await undisturbed(meters[0]!, false), await undisturbed(meters[0]!, true)];
    expect(calm[1]).toMatchObject({ texts: calm[0]?.texts, end: calm[0]?.end });
    expect(calm[0]?.end).toMatchObject({ deadLetters: 0, accounts: [{ active: 630, trash: 48, held: 0 }] });
    const kills = Math.ceil(KILLS / LANES);
    await Promise.all(meters.map((meter, lane) => killStories(meter, kills, calm, mulberry32(seed + lane))));
  };
  it(name, work, LIMIT_MS);
});
