import { InputError } from '../../../core/errors.ts';
import { readSavedCsv } from '../../../producers/reddit/request/read-csv.ts';
import { type ParsedRequest, readRequest } from '../../../producers/reddit/request/read-request.ts';
import { inventedComments, inventedPosts, savedCsv } from '../../../testing/reddit-requests.ts';
import { type FuzzTarget, holds, pick, readOrRefuse } from '../target.ts';
import { inPieces, ScratchFolder } from './scratch-file.ts';

const NOW = Date.UTC(2027, 0, 1);
const NAME = 'saved_posts.csv';

const idsOf = ({ lists }: ParsedRequest): ReadonlySet<string> =>
  new Set(lists.flatMap(({ items }) => [...items.keys()]));

/** What the rows say, to be compared. */
async function rowsIn(bytes: Uint8Array, pieceLength: number): Promise<string | null> {
  const rows = await readOrRefuse(() => readSavedCsv(NAME, inPieces(bytes, pieceLength), true), [InputError]);
  if (rows === null) return null;
  const list = await readOrRefuse(() => rows.toList(NAME, 't3'), [InputError]);
  return list === null ? null : JSON.stringify([[...list.items], list.rowsRead, [...list.skipped]]);
}

export const redditRequest: FuzzTarget = {
  about: "Reddit's data request as a file: CSV",
  seeds: [
    savedCsv(inventedPosts(3)),
    savedCsv(inventedPosts(2), '\r\n'),
    savedCsv(inventedPosts(2), '\r'),
    savedCsv(inventedPosts(3)).replaceAll(/^(\w+),(.*)$/gm, '"$1","$2"'),
    savedCsv(inventedPosts(3))
      .replaceAll(/^(\w+),(.*)$/gm, '$2,$1')
      .trimEnd(),
    savedCsv(inventedComments(2)),
    Buffer.from(`\ufeff${savedCsv(inventedPosts(2))}`, 'utf16le'),
    'id,permalink\n',
  ],
  words: [
    'id,permalink\n',
    ',https://www.reddit.com/r/test/comments/1abc/invented_words/\n',
    'https://old.reddit.com/user/me/comments/1abc/x/1abd/?context=3',
    '"""',
    '","',
    '\r\n',
    't3_',
    't1_',
    '%E0%A4%A',
    '\ufeff',
    ',,,,',
  ],
  open: async () => {
    const folder = new ScratchFolder();
    const read = (bytes: Uint8Array): Promise<ParsedRequest | null> =>
      readOrRefuse(() => readRequest(folder.write(NAME, bytes), { now: NOW }), [InputError]);
    return {
      run: async (input) => {
        const pieces = await rowsIn(input, 1 + pick(input, 40));
        holds(pieces === (await rowsIn(input, input.length + 1)), 'rows depend on the pieces in which the file comes');
        const whole = await read(input);
        // A row that was skipped may hold another one, which its beginning shows.
        if (whole === null || whole.lists.some(({ skipped }) => skipped.size > 0)) return;
        const all = idsOf(whole);
        for (let salt = 0; salt < 3; salt++) {
          const part = await read(input.subarray(0, pick(input, input.length, salt)));
          if (part === null || part.lists.some(({ skipped }) => skipped.size > 0)) continue;
          for (const id of idsOf(part)) holds(all.has(id), `an id that was cut off is believed: ${id}`);
        }
      },
      close: async () => folder.remove(),
    };
  },
};
