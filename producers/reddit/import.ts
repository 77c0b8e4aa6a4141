import {
  checkAsOf,
  type ImportOptions,
  type ImportResult,
  type ImportRunDeps,
  importList,
  type Stated,
} from '../import-run.ts';
import { ways } from '../ways.ts';
import { COLLECTION } from './provider.ts';
import { type ParsedRequest, readRequest } from './request/read-request.ts';
import type { SavedList } from './request/saved-list.ts';
import { type SavedLink, toStub } from './saved-link.ts';

/** Of a name in an archive, as the evidence keeps it. */
const MAX_NAME = 200;

/**
 * Imports a data request: reads it as a whole first, and only then begins the run, so that a file which turns out to be none
 * leaves no trace. It tells ids and addresses alone: what they are is fetched later, where the account is connected (law 6).
 *
 * Rejects with InputError (exit status 2) when the file is none that can be trusted, and with what withRun rejects with.
 */
export async function importReddit(deps: ImportRunDeps, file: string, options: ImportOptions): Promise<ImportResult> {
  const now = deps.clock.now();
  const { asOf: given = null, signal, progress } = options;
  checkAsOf(given, now);
  const request = await readRequest(file, {
    now,
    ...(signal === undefined ? {} : { signal }),
    progress: (done) => progress?.({ phase: 'read', done, total: null }),
  });
  const links = new Map<string, SavedLink>();
  for (const { items } of request.lists) for (const [itemId, link] of items) links.set(itemId, link);
  const counts = countsOf(request.lists);
  const list = {
    ...stateOf(request, counts, given),
    ...counts,
    collection: COLLECTION,
    kinds: request.lists.map(({ kind }) => kind),
    savedAt: new Map([...links.keys()].map((itemId) => [itemId, null])),
    toHydration: (itemId: string) => {
      const link = links.get(itemId);
      if (link === undefined) throw new Error(`${itemId} is none of the list`);
      return toStub(link);
    },
    // The lists are whole, however long: nothing is cut off at an old end.
    oldestRow: null,
    explicitlyEmpty: counts.rowsRead === 0,
    evidence: evidenceOf(request, counts),
    reconciles: false,
  };
  return importList(deps, { provider: 'reddit', user: options.user }, list, options);
}

interface Counts {
  readonly rowsRead: number;
  readonly skippedRows: number;
  readonly duplicates: number;
  readonly reasons: ReadonlyMap<string, number>;
}

function countsOf(lists: readonly SavedList[]): Counts {
  const reasons = new Map<string, number>();
  for (const { skipped } of lists)
    for (const [reason, count] of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  const sum = (of: (list: SavedList) => number): number => lists.reduce((total, list) => total + of(list), 0);
  return {
    rowsRead: sum(({ rowsRead }) => rowsRead),
    skippedRows: [...reasons.values()].reduce((total, count) => total + count, 0),
    duplicates: sum(({ duplicates }) => duplicates),
    reasons,
  };
}

/** What the data request can prove (protocol.md, Snapshot evidence). */
function stateOf({ fileKind, listedAt, warnings }: ParsedRequest, counts: Counts, given: number | null): Stated {
  const asOf = given ?? listedAt;
  const said = [...warnings];
  for (const [reason, count] of counts.reasons) said.push(`${count} rows were skipped: ${reason}`);
  if (counts.skippedRows > 0)
    said.push(
      'nothing is removed by this import, because rows that could not be read may stand for items that seem to be missing',
    );
  if (asOf === null) {
    const what = { csv: 'a CSV file does', zip: 'the files in the archive do', folder: 'the files of a folder do' }[
      fileKind
    ];
    said.push(
      `nothing is removed by this import, because ${what} not tell when the request was made: say it (${ways.asOf})`,
    );
  }
  if (given !== null && listedAt !== null && given < listedAt)
    said.push(
      `the lists in the archive are of ${new Date(listedAt).toISOString()}, which is later than the date given for it`,
    );
  return { asOf, coverage: asOf === null || counts.skippedRows > 0 ? 'unknown' : 'complete', warnings: said };
}

function evidenceOf({ fileKind, lists, listedAt }: ParsedRequest, counts: Counts): string {
  const { rowsRead, skippedRows: rowsSkipped, duplicates, reasons } = counts;
  return JSON.stringify({
    fileKind,
    sources: lists.map(({ source }) => source.slice(0, MAX_NAME)),
    rowsRead,
    rowsSkipped,
    skippedReasons: Object.fromEntries(reasons),
    duplicates,
    listedAt,
  });
}
