import { InputError } from '../../core/errors.ts';
import { type Account, accountName, scopeName } from '../../core/keys.ts';
import type { RunCounts, RunRow } from '../../core/ledger.ts';
import type { GroupLag } from '../../core/ports/event-log.ts';
import type { Importer, ImportResult } from '../../producers/import-run.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { checkProvider, checkUser } from './scopes.ts';
import { drain, PIPELINE, undoneOf, waitUntilSettled } from './settle.ts';

export interface ImportRequest {
  readonly provider: string;
  readonly user: string;
  readonly file: string;
  /** ms */
  readonly asOf?: number | null;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** `read`: bytes of the export; `links`, `write`, `embed`: items; `apply`: metadata that is still to come */
  readonly phase: 'read' | 'links' | 'write' | 'embed' | 'apply';
  readonly done: number;
  /** null where it is not known */
  readonly total: number | null;
}

export interface ImportReport extends RunCounts {
  readonly provider: string;
  readonly user: string;
  readonly collection: string;
  readonly syncId: string;
  readonly processed: number;
  readonly skipped: number;
  readonly converged: boolean | null;
  readonly asOf: string | null;
  readonly warnings: readonly string[];
}

const LATE_LIMIT_MS = 3_000;
/** Refusals of a snapshot that mean: what is stored stays as it was. */
const NOTHING_CHANGED = /^(older|same|mismatch|incomplete|foreign|overtaken|unknown content|aborted)\b/;

/**
 * Imports an export, and waits until it and everything that it caused is applied. InputError when the file is none that can
 * be trusted, or the provider has none; StalledError when nothing moves any more.
 */
export async function importExport(app: App, request: ImportRequest): Promise<ImportReport> {
  const user = checkUser(request.user);
  const importer = importerOf(app, request.provider);
  const { provider, file, asOf = null, signal, progress } = request;
  const watched = { ...(signal === undefined ? {} : { signal }), ...(progress === undefined ? {} : { progress }) };
  // Checked before anything is written: an import that cannot be embedded would leave the folder half done.
  await app.embedder();
  await app.roles.ensure(PIPELINE);
  const result = await importer(file, { user, asOf, ...watched });
  const embedProgress = watchEmbedding(app, { provider, user }, result.processed);
  let embedding: ImportProgress | null = null;
  const runs = await waitUntilSettled(app, result.syncId, {
    ...(signal === undefined ? {} : { signal }),
    onLag: (lags) => {
      embedding = embedProgress(lags);
    },
    progress: (seen) => {
      const applying = applyProgress(seen);
      if (embedding !== null) progress?.(embedding);
      else if (applying.total > 0) progress?.(applying);
    },
  });
  // Outcomes and erasures that are still on their way; what does not make it goes on at the next start.
  await drain(app, LATE_LIMIT_MS, ['embed', 'sink', 'eraser']);
  return report(app, { provider, user }, result, runs);
}

/** Throws InputError where the provider has no exports. */
export function importerOf(app: App, provider: string): Importer {
  const importer = app.importers.get(checkProvider(provider));
  if (importer !== undefined) return importer;
  const others = [...app.importers.keys()].map((name) => `\`import ${name} FILE\``).join(' and ');
  throw new InputError(`${provider} has no exports that can be imported: ${others} are available`);
}

/** How many of the items that were just written have passed the embedder; null once all have. */
function watchEmbedding(
  app: App,
  account: Account,
  items: number,
): (lags: readonly GroupLag[]) => ImportProgress | null {
  const partition = app.log.partitionOf(accountName(account));
  let end: number | null = null;
  return (lags) => {
    const lag = lags.find((each) => each.group === 'embed' && each.topic === 'ingest' && each.partition === partition);
    if (lag === undefined) return null;
    // What comes later is no text of this export.
    end ??= lag.end;
    const left = end - lag.committed;
    return left <= 0 ? null : { phase: 'embed', done: Math.max(0, items - left), total: items };
  };
}

function applyProgress(runs: readonly RunRow[]): ImportProgress & { readonly total: number } {
  const waiting = runs.reduce((sum, run) => sum + run.waitingCommands.length, 0);
  const caused = Math.max(0, runs.length - 1);
  return { phase: 'apply', done: caused, total: caused + waiting };
}

async function report(
  app: App,
  account: Account,
  result: ImportResult,
  runs: readonly RunRow[],
): Promise<ImportReport> {
  const [run, ...caused] = runs;
  const outcome = run?.snapshotOutcome ?? '';
  const scope = await app.store.scope(scopeName({ ...account, collection: result.collection }));
  const refused = NOTHING_CHANGED.test(outcome);
  const undone = undoneOf(runs).map(
    (reason) => `not all metadata was fetched, and it is asked for again later: ${reason}`,
  );
  const warnings = [...result.warnings, ...(refused ? [refusal(outcome)] : []), ...undone];
  const sum = (name: keyof RunCounts): number => runs.reduce((total, each) => total + each.counts[name], 0);
  return {
    ...account,
    collection: result.collection,
    syncId: result.syncId,
    processed: result.processed,
    new: sum('new'),
    updated: sum('updated'),
    unchanged: run?.counts.unchanged ?? 0,
    removed: sum('removed'),
    restored: sum('restored'),
    held: sum('held'),
    skipped: result.skipped,
    failed: caused.reduce((total, each) => total + each.counts.failed, 0),
    converged: run?.converged ?? (refused ? (scope?.converged ?? null) : null),
    asOf: isoOf(result.asOf),
    warnings,
  };
}

function refusal(outcome: string): string {
  const reason = outcome.slice(outcome.indexOf(':') + 1).trim();
  return `nothing was changed: ${outcome.startsWith('older') ? 'the export is older than the one last applied; ' : ''}${reason}`;
}
