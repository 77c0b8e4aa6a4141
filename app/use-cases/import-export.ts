import { InputError } from '../../core/errors.ts';
import { type Account, accountName, type Scope, scopeName } from '../../core/keys.ts';
import type { RunCounts, RunRow } from '../../core/ledger.ts';
import type { GroupLag } from '../../core/ports/event-log.ts';
import type { Importer, ImportResult } from '../../producers/import-run.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { checkProvider, checkUser } from './scopes.ts';
import { drain, PIPELINE, runsOf, undoneOf, waitUntilSettled } from './settle.ts';

export interface ImportRequest {
  readonly provider: string;
  readonly user: string;
  readonly file: string;
  /** ms */
  readonly asOf?: number | null;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: ImportProgress) => void;
  /** runs that took in the same file and were cut off: what they did is told as done by this one */
  readonly earlier?: readonly string[];
  /** told the id of the run when it has begun, before anything of the export is written */
  readonly begun?: (syncId: string) => Promise<void>;
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
  const { provider, file, asOf = null, signal, progress, begun, earlier = [] } = request;
  const untilStopped = signal === undefined ? {} : { signal };
  const watched = {
    ...untilStopped,
    ...(progress === undefined ? {} : { progress }),
    ...(begun === undefined ? {} : { begun }),
  };
  // Checked before anything is written: an import that cannot be embedded would leave the folder half done.
  await app.embedder();
  await app.roles.ensure(PIPELINE);
  const result = await importer(file, { user, asOf, ...watched });
  const embedProgress = watchEmbedding(app, { provider, user }, result.processed);
  let embedding: ImportProgress | null = null;
  const runs = await waitUntilSettled(app, result.syncId, {
    ...untilStopped,
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
  const scope = { provider, user, collection: result.collection };
  const standing = (await app.store.scope(scopeName(scope)))?.applied?.syncId;
  // Applied by a run that was cut off afterwards: to repeat it changed nothing.
  const applied =
    standing !== undefined && earlier.includes(standing) ? await waitUntilSettled(app, standing, untilStopped) : runs;
  const before = (await Promise.all(earlier.map((syncId) => runsOf(app, syncId)))).flat();
  return report(app, scope, result, applied, [...before, ...runs]);
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

/** @param applied the run whose snapshot stands, with those it caused; @param all every attempt, with those they caused */
async function report(
  app: App,
  name: Scope,
  result: ImportResult,
  applied: readonly RunRow[],
  all: readonly RunRow[],
): Promise<ImportReport> {
  const [run] = applied;
  const outcome = run?.snapshotOutcome ?? '';
  const scope = await app.store.scope(scopeName(name));
  const refused = NOTHING_CHANGED.test(outcome);
  const undone = undoneOf(applied).map(
    (reason) => `not all metadata was fetched, and it is asked for again later: ${reason}`,
  );
  const warnings = [...result.warnings, ...(refused ? [refusal(outcome)] : []), ...undone];
  const sum = (name: keyof RunCounts): number => all.reduce((total, each) => total + each.counts[name], 0);
  return {
    ...name,
    syncId: result.syncId,
    processed: result.processed,
    new: sum('new'),
    updated: sum('updated'),
    unchanged: run?.counts.unchanged ?? 0,
    removed: sum('removed'),
    restored: sum('restored'),
    held: sum('held'),
    skipped: result.skipped,
    failed: applied.slice(1).reduce((total, each) => total + each.counts.failed, 0),
    converged: run?.converged ?? (refused ? (scope?.converged ?? null) : null),
    asOf: isoOf(result.asOf),
    warnings,
  };
}

function refusal(outcome: string): string {
  const reason = outcome.slice(outcome.indexOf(':') + 1).trim();
  return `nothing was changed: ${outcome.startsWith('older') ? 'the export is older than the one last applied; ' : ''}${reason}`;
}
