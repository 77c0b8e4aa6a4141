import { setImmediate } from 'node:timers/promises';
import { InputError } from '../../core/errors.ts';
import type { Scope } from '../../core/keys.ts';
import type { LedgerView } from '../../core/ports/ledger-view.ts';
import { type Run, withRun } from '../run.ts';
import type { RunDeps } from '../run-deps.ts';
import { describeIds, type IdList } from '../snapshot-chunks.ts';
import { beginSnapshot } from '../snapshot-writer.ts';
import { type Hydrations, hydrationsOf } from './hydrations.ts';
import type { Favorites } from './parse/favorites.ts';
import { type ParsedExport, readExport } from './parse/read-export.ts';
import { COLLECTION } from './provider.ts';
import type { ResolvedLink } from './short-links.ts';

export interface ImportDeps extends RunDeps {
  readonly ledger: LedgerView;
  /** looks up a short link; null where the network is off */
  readonly resolveShortLink: ((url: string, signal: AbortSignal) => Promise<ResolvedLink>) | null;
}

export interface ImportOptions {
  readonly user: string;
  /** the moment of the export, ms, where the user knows better than its newest date */
  readonly asOf?: number | null;
  readonly signal?: AbortSignal;
  /** `bytes` read so far, short links looked up, or items written, of `total` where it is known */
  readonly progress?: (progress: {
    readonly phase: 'read' | 'links' | 'write';
    readonly done: number;
    readonly total: number | null;
  }) => void;
}

export interface ImportResult {
  readonly syncId: string;
  readonly snapshotId: string;
  /** rows of the list, also those that were skipped or repeat others */
  readonly processed: number;
  /** rows whose video could not be told */
  readonly skipped: number;
  /** distinct videos */
  readonly count: number;
  /** ms; null when the export tells no date, and so can remove nothing */
  readonly asOf: number | null;
  readonly coverage: 'complete' | 'unknown';
  readonly warnings: readonly string[];
}

const IDS_AT_ONCE = 1000;
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
  if (given !== null && given > now)
    throw new InputError('--as-of lies in the future: it is the day on which the export was made');
  const parsed = await readExport(file, {
    now,
    signal,
    progress: (done) => progress?.({ phase: 'read', done, total: null }),
  });
  await resolveShortLinks(deps, parsed.favorites, signal, options.progress);
  const stated = stateOf(parsed, given);
  const ids = await describeIds({ by: 'savedAt', items: parsed.favorites.savedAt });
  const account = { provider: 'tiktok', user: options.user };
  return withRun(deps, { account, mode: 'import', signal }, async (run) => {
    const snapshotId = await writeSnapshot(deps, run, parsed, stated, ids, options.progress);
    const { rowsRead: processed, skippedRows: skipped } = parsed.favorites;
    const value = { syncId: run.syncId, snapshotId, processed, skipped, count: ids.itemIds.length, ...stated };
    const advance = <M extends object>(metadata: M): M => ({ ...metadata, lastFullReconciliation: deps.clock.now() });
    return {
      value,
      counts: { processed, skipped, duplicates: parsed.favorites.duplicates, listed: ids.itemIds.length },
      advance,
    };
  });
}

interface Stated {
  readonly asOf: number | null;
  readonly coverage: 'complete' | 'unknown';
  readonly warnings: readonly string[];
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
    said.push('the export holds no date: give the day on which it was made with --as-of, else it can remove nothing');
  if (given !== null && newestDate !== null && given < newestDate)
    said.push(`the export holds dates up to ${new Date(newestDate).toISOString()}, which is later than --as-of`);
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
  for (let from = 0; from < total; from += IDS_AT_ONCE) {
    const links = favorites.shortLinks.slice(from, from + IDS_AT_ONCE);
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

/** Begin, hydration, chunks, End; resolves to the snapshot's id. */
async function writeSnapshot(
  deps: ImportDeps,
  run: Run,
  parsed: ParsedExport,
  stated: Stated,
  ids: IdList,
  progress: ImportOptions['progress'],
): Promise<string> {
  const { favorites } = parsed;
  const snapshot = await beginSnapshot(deps, run, COLLECTION, null);
  const scope: Scope = { provider: 'tiktok', user: run.metadata.user, collection: COLLECTION };
  const revived = await writeHydrations(deps, run, scope, ids, favorites, progress);
  await snapshot.end(ids, {
    kinds: [''],
    proof: 'absence',
    coverage: stated.coverage,
    asOf: stated.asOf,
    // Without a date in any row nobody can tell where the list was cut off: then everything may have been.
    oldestRow: favorites.oldestRow ?? stated.asOf,
    explicitlyEmpty: parsed.explicitlyEmpty,
    evidence: evidenceOf(parsed),
  });
  // Content of a purged item counts only once the snapshot has sighted it again (law 7).
  if (revived.length > 0) await run.append(revived);
  return snapshot.snapshotId;
}

async function writeHydrations(
  deps: ImportDeps,
  run: Run,
  scope: Scope,
  ids: IdList,
  favorites: Favorites,
  progress: ImportOptions['progress'],
): Promise<Hydrations['afterwards']> {
  const afterwards: Hydrations['afterwards'][number][] = [];
  for (let from = 0; from < ids.itemIds.length; from += IDS_AT_ONCE) {
    const itemIds = ids.itemIds.slice(from, from + IDS_AT_ONCE);
    const hydrations = hydrationsOf(itemIds, favorites, await deps.ledger.known(scope, itemIds));
    if (hydrations.now.length > 0) await run.append(hydrations.now);
    afterwards.push(...hydrations.afterwards);
    progress?.({ phase: 'write', done: Math.min(from + IDS_AT_ONCE, ids.itemIds.length), total: ids.itemIds.length });
    await setImmediate();
  }
  return afterwards;
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
