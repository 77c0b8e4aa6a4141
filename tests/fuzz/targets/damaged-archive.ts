import { InputError } from '../../../core/errors.ts';
import { readRequest } from '../../../producers/reddit/request/read-request.ts';
import { readExport } from '../../../producers/tiktok/parse/read-export.ts';
import { makeZip } from '../../../testing/make-zip.ts';
import { inventedComments, inventedPosts, savedCsv } from '../../../testing/reddit-requests.ts';
import { exportOf, exportRow, exportText, ID } from '../../../testing/tiktok-exports.ts';
import { type FuzzTarget, holds, readOrRefuse } from '../target.ts';
import { ScratchFolder } from './scratch-file.ts';

const NOW = Date.UTC(2027, 0, 1);
const rows = ID.map((id) => exportRow(id));

/** A whole export, and the ids that each of its lists holds. */
interface Whole {
  readonly bytes: Buffer;
  readonly read: (file: string) => Promise<ReadonlyMap<string, readonly string[]>>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

/** Those from which absence proves something: where rows were skipped, nothing does. */
const favorites = async (file: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { savedAt, skippedRows } = (await readExport(file, { now: NOW })).favorites;
  return new Map(skippedRows > 0 ? [] : [['favorites', [...savedAt.keys()]]]);
};
const saved = async (file: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const { lists } = await readRequest(file, { now: NOW });
  return new Map(lists.flatMap(({ kind, items, skipped }) => (skipped.size > 0 ? [] : [[kind, [...items.keys()]]])));
};
const posts = inventedPosts(3);
const comments = inventedComments(2);
const favoriteIds = new Map([['favorites', ID]]);
const savedIds = new Map([
  ['t3', posts.map(({ id }) => `t3_${id}`)],
  ['t1', comments.map(({ id }) => `t1_${id}`)],
]);

const WHOLE: readonly Whole[] = [false, true].flatMap((stored) => [
  {
    bytes: makeZip([{ name: 'user_data_tiktok.json', data: JSON.stringify(exportOf(rows)), stored }]),
    read: favorites,
    lists: favoriteIds,
  },
  {
    bytes: makeZip([
      { name: 'TikTok/Activity/Favorite Videos.txt', data: exportText(ID), stored },
      { name: 'TikTok/Activity/Like List.txt', data: exportText(ID.slice(1)), stored },
    ]),
    read: favorites,
    lists: favoriteIds,
  },
  {
    bytes: makeZip([
      { name: 'saved_posts.csv', data: savedCsv(posts), stored, modifiedAt: Date.UTC(2026, 2, 14) },
      { name: 'saved_comments.csv', data: savedCsv(comments), stored, modifiedAt: Date.UTC(2026, 2, 14) },
    ]),
    read: saved,
    lists: savedIds,
  },
]);

const KINDS = 4;

/**
 * The input is a recipe: which export, then for each damage four bytes: what (a bit, a byte, a piece, the rest), where, and how much.
 */
function damaged(whole: Buffer, recipe: Uint8Array): Buffer {
  let bytes = Buffer.from(whole);
  for (let at = 1; at + 3 < recipe.length && at < 40; at += 4) {
    const [kind = 0, high = 0, low = 0, amount = 0] = recipe.subarray(at, at + 4);
    const place = Math.floor((((high << 8) | low) / 65_536) * bytes.length);
    if (kind % KINDS === 0) bytes[place] = (bytes[place] ?? 0) ^ (1 << (amount & 7));
    else if (kind % KINDS === 1) bytes[place] = amount;
    else if (kind % KINDS === 2) bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + amount)]);
    else bytes = bytes.subarray(0, place);
  }
  return bytes;
}

/** Whether an archive can still be seen in it: of one whose list alone is left, nothing guards the list any more. */
const isGuarded = (bytes: Buffer): boolean => bytes.includes('PK');

/** Law 5, where a checksum guards what is inside: whatever is damaged is refused, or gives each list that it gives whole. */
export const damagedArchive: FuzzTarget = {
  about: 'whole archives with bits, bytes and pieces of them damaged',
  seeds: WHOLE.map((_, n) => Buffer.from([n, 0, 10, 20, 3])).concat(
    WHOLE.map((_, n) => Buffer.from([n, 2, 120, 9, 30, 1, 250, 0, 0])),
  ),
  words: [],
  open: async () => {
    const folder = new ScratchFolder();
    return {
      run: async (recipe) => {
        const whole = WHOLE[(recipe[0] ?? 0) % WHOLE.length];
        if (whole === undefined) return;
        const bytes = damaged(whole.bytes, recipe);
        const file = folder.write('export.zip', bytes);
        const lists = await readOrRefuse(() => whole.read(file), [InputError]);
        for (const [kind, ids] of lists ?? [])
          holds(
            !isGuarded(bytes) || JSON.stringify(ids) === JSON.stringify(whole.lists.get(kind)),
            `a damaged archive gives ${ids.length} of ${whole.lists.get(kind)?.length} ids`,
          );
      },
      close: async () => folder.remove(),
    };
  },
};
