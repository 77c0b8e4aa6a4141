import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImportOptions } from '../../producers/import-run.ts';

/** An export that this process is told to bring. */
export interface Feed {
  readonly file: string;
  readonly options: ImportOptions;
}

/** What this process says: when it can be told, and which export is in the log as a whole. */
export type FeederSays = { readonly ready: true } | { readonly brought: string };

const AGAIN_MS = 200;

// A producer as on a machine of its own: nobody elsewhere can tell by a process id whether it is alive.
const [hostName = '', dataDir = ''] = process.argv.slice(2);
os.hostname = () => hostName;
syncBuiltinESMExports();
// An orphan has nobody to report to.
process.once('disconnect', () => process.exit(1));
const { keepHeapClose } = await import('../../app/keep-heap-close.ts');
const { loadConfig } = await import('../../app/config.ts');
const { openApp } = await import('../../app/open-app.ts');
const { createTelemetry } = await import('../../app/telemetry.ts');
const { isOutage } = await import('../../core/errors.ts');
const { patiently } = await import('./patiently.ts');
const { metAnotherRun } = await import('../../producers/account-lease.ts');
// As every producer that runs by `start`.
keepHeapClose();
const telemetry = createTelemetry({ level: 'error', secrets: [] });
const app = await patiently(() => openApp(loadConfig({ dataDir }, process.env), telemetry));
const importer = app.importers.get('tiktok');
if (importer === undefined) throw new Error('no importer');
const underWay = new Set<Promise<void>>();

const bring = async ({ file, options }: Feed): Promise<void> => {
  // As uploads do: an outage, and a run that was cut off and still has the account, are waited out; the import begins anew.
  for (;;) {
    try {
      await importer(file, options);
      break;
    } catch (error) {
      if (!isOutage(error) && !metAnotherRun(error)) throw error;
      await delay(AGAIN_MS);
    }
  }
  say({ brought: file });
};

process.on('message', (feed: Feed) => {
  const job = bring(feed).finally(() => underWay.delete(job));
  underWay.add(job);
});
process.once('SIGTERM', () => void end());
say({ ready: true });

function say(said: FeederSays): void {
  process.send?.(said);
}

async function end(): Promise<void> {
  await Promise.all(underWay);
  await app.close();
  process.disconnect();
}
