import { anyOf } from '../../core/abort-signals.ts';
import { isOutage, messageOf } from '../../core/errors.ts';
import { untilReached } from '../../core/until-reached.ts';
import { metAnotherRun } from '../../producers/account-lease.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { importExport } from './import-export.ts';
import type { Upload } from './upload.ts';
import type { UploadRecord } from './upload-record.ts';

/**
 * Imports the file of an upload, and tells in the record how far it is and how it ended. False where it was kept from its end,
 * which the next start makes up for.
 *
 * @param stopping ends it
 * @throws TakenOverError, or what kept its end from being stored
 */
export async function importUpload(
  app: App,
  record: UploadRecord,
  file: string,
  stopping: AbortSignal,
): Promise<boolean> {
  const signal = anyOf([stopping, record.overtaken]);
  if (signal.aborted) return false;
  const { provider, user, asOf, fileName } = record.current;
  let end: Pick<Upload, 'status' | 'report' | 'error'>;
  try {
    await repeated(app, signal, () => record.change({ status: 'importing' }));
    const report = await repeated(app, signal, () => {
      const earlier = record.current.runs ?? [];
      return importExport(app, {
        provider,
        user,
        file,
        asOf,
        signal,
        earlier,
        progress: (seen) => record.progress(seen),
        begun: (syncId) => record.change({ runs: [...earlier, syncId] }),
      });
    });
    end = { status: 'done', report, error: null };
  } catch (error) {
    record.overtaken.throwIfAborted();
    if (signal.aborted || isLogLeft(app)) return false;
    const message = app.telemetry.redactor.text(messageOf(error)).replaceAll(file, fileName);
    end = { status: 'failed', report: null, error: message };
  }
  const finishedAt = isoOf(app.clock.now());
  await repeated(app, signal, () => record.change({ ...end, finishedAt }));
  return true;
}

/**
 * Begins anew as often as the log or the store are away, or another run works for the account: what was written of it is
 * overtaken.
 */
function repeated<T>(app: App, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { clock, random, telemetry } = app;
  return untilReached(work, {
    what: 'the log, the store or the account, for an upload,',
    isAway: (error): error is Error => isOutage(error) || (metAnotherRun(error) && !isLogLeft(app)),
    clock,
    random,
    log: telemetry.log,
    signal,
  });
}

/** Nothing can be written to it any more, however often that is tried. */
function isLogLeft({ roles, movable }: App): boolean {
  return roles.left.aborted || typeof movable?.movedTo() === 'string';
}
