import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

describe('a process that is killed with signal 9', () => {
  let meter: EmbeddingMeter;
  beforeAll(async () => {
    meter = await EmbeddingMeter.start();
  });
  afterAll(() => meter.server.stop());

  const undisturbed = async (
    rebuilds: boolean,
  ): Promise<{ readonly tookMs: number; readonly end: object; readonly texts: number }> => {
    const story = new Story(meter, commandsFor(rebuilds));
    const tookMs = await story.finish();
    const end = await endOf(story.folder);
    expect(meter.again).toEqual([]);
    story.folder.remove();
    return { tookMs, end, texts: meter.texts.size };
  };

  it(
    `at ${KILLS} moments, and started again, ends as if nothing had happened`,
    async () => {
      const random = mulberry32(seedFor('KILL_SEED'));
      const calm = await undisturbed(false);
      const withRebuild = await undisturbed(true);
      expect(withRebuild).toMatchObject({ texts: calm.texts, end: calm.end });
      expect(calm.end).toMatchObject({ deadLetters: 0, accounts: [{ active: 630, trash: 48, held: 0 }] });

      for (let kills = 0, stories = 0; kills < KILLS; stories += 1) {
        const rebuilds = stories % REBUILD_EACH === 0;
        const { tookMs } = rebuilds ? withRebuild : calm;
        const story = new Story(meter, commandsFor(rebuilds));
        for (let cuts = 0; cuts < CUTS && kills < KILLS; cuts += 1) {
          if (!(await story.kill(random() * tookMs))) break;
          kills += 1;
          expect(await meter.afterKill(story.folder)).toBeLessThanOrEqual(REQUESTS_AT_ONCE);
        }
        await story.finish();
        expect(await endOf(story.folder)).toEqual(calm.end);
        expect(meter.again).toEqual([]);
        expect(meter.texts.size).toBe(calm.texts);
        story.folder.remove();
      }
    },
    LIMIT_MS,
  );
});
