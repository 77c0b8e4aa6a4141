import {
  checkAsOf,
  type ImportOptions,
  type ImportResult,
  type ImportRunDeps,
  importList,
  type Stated,
} from '../import-run.ts';
import { ways } from '../ways.ts';
import type { Favorites } from './parse/favorites.ts';
import { type ParsedExport, readExport } from './parse/read-export.ts';
import { COLLECTION, toHydration } from './provider.ts';
import type { ResolvedLink } from './short-links.ts';

export interface ImportDeps extends ImportRunDeps {
  /** looks up a short link; null where the network is off */
  readonly resolveShortLink: ((url: string, signal: AbortSignal) => Promise<ResolvedLink>) | null;
}

const LINKS_AT_ONCE = 1000;
/** Of a name in an archive, as the evidence keeps it. */
const MAX_NAME = 200;

/**
 * Imports an export: reads it as a whole first, and only then begins the run, so that a file which turns out to be no
 * export leaves no trace. Content of videos is not fetched here; the sink asks for it (law 6), see backfill.ts.
 *
 * Rejects with InputError (exit status 2) when the file is none that can be trusted, and with what withRun rejects with.
 */
export async function importTikTok(deps: ImportDeps, file: string, options: ImportOptions): Promise<ImportResult> {
  const now = deps.clock.now();
  const { asOf: given = null, signal = new AbortController().signal, progress } = options;
  checkAsOf(given, now);
  const parsed = await readExport(file, {
    now,
    signal,
    progress: (done) => progress?.({ phase: 'read', done, total: null }),
  });
  const { favorites, explicitlyEmpty } = parsed;
  await resolveShortLinks(deps, favorites, signal, progress);
  const stated = stateOf(parsed, given);
  const { rowsRead, skippedRows, duplicates, savedAt, details } = favorites;
  const list = {
    ...stated,
    collection: COLLECTION,
    kinds: [''],
    rowsRead,
    skippedRows,
    duplicates,
    savedAt,
    toHydration: (itemId: string) =>
      toHydration({ itemId, savedAt: savedAt.get(itemId) ?? null, details: details.get(itemId) ?? null, oembed: null }),
    // Without a date in any row nobody can tell where the list was cut off: then everything may have been.
    oldestRow: favorites.oldestRow ?? stated.asOf,
    explicitlyEmpty,
    evidence: evidenceOf(parsed),
    reconciles: true,
  };
  return importList(deps, { provider: 'tiktok', user: options.user }, list, options);
}

/** What the export can prove (protocol.md, Snapshot evidence). */
function stateOf({ favorites, newestDate, warnings }: ParsedExport, given: number | null): Stated {
  const asOf = given ?? newestDate;
  const said = [...warnings];
  for (const [reason, count] of favorites.skipped) said.push(`${count} rows were skipped: ${reason}`);
  if (favorites.skippedRows > 0)
    said.push(
      'nothing is removed by this import, because rows that could not be read may stand for items that seem to be missing',
    );
  if (asOf === null)
    said.push(`the export holds no date, so it can remove nothing: say when it was made (${ways.asOf})`);
  if (given !== null && newestDate !== null && given < newestDate)
    said.push(
      `the export holds dates up to ${new Date(newestDate).toISOString()}, which is later than the date given for it`,
    );
  return { asOf, coverage: asOf === null || favorites.skippedRows > 0 ? 'unknown' : 'complete', warnings: said };
}

async function resolveShortLinks(
  deps: ImportDeps,
  favorites: Favorites,
  signal: AbortSignal,
  progress: ImportOptions['progress'],
): Promise<void> {
  const total = favorites.shortLinks.length;
  let done = 0;
  // They all wait for the same polite pace; a bounded number of promises is enough to keep it busy.
  for (let from = 0; from < total; from += LINKS_AT_ONCE) {
    const links = favorites.shortLinks.slice(from, from + LINKS_AT_ONCE);
    await Promise.all(
      links.map(async ({ url, savedAt, details }) => {
        const found = (await deps.resolveShortLink?.(url, signal)) ?? {
          kind: 'unresolved',
          reason: 'short link, and the network is off',
        };
        if (found.kind === 'video') favorites.add(found.itemId, savedAt, details);
        else favorites.skip(found.reason);
        progress?.({ phase: 'links', done: ++done, total });
      }),
    );
  }
}

function evidenceOf({ fileKind, source, section, favorites, newestDate }: ParsedExport): string {
  const { rowsRead, skippedRows: rowsSkipped, duplicates } = favorites;
  return JSON.stringify({
    fileKind,
    source: source.slice(0, MAX_NAME),
    section: section.slice(0, MAX_NAME),
    rowsRead,
    rowsSkipped,
    skippedReasons: Object.fromEntries(favorites.skipped),
    duplicates,
    newestDate,
  });
}
