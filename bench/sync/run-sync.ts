import { loadConfig } from '../../app/config.ts';
import { openApp } from '../../app/open-app.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { connect } from '../../app/use-cases/connect.ts';
import { type SyncReport, syncAccount } from '../../app/use-cases/sync.ts';
import { changeSyncMetadata } from '../../producers/sync-metadata.ts';

export interface SyncInput {
  readonly dataDir: string;
  readonly provider: 'github' | 'reddit';
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a sync took, until everything of it was applied. */
export interface SyncTook {
  readonly ms: number;
  readonly report: SyncReport;
}

export interface SyncResult {
  /** the first one: everything is new */
  readonly first: SyncTook;
  /** full again, and a delta, with nothing new */
  readonly full: SyncTook;
  readonly delta: SyncTook;
}

const USER = 'me';
const NEVER = Number.MAX_SAFE_INTEGER;

/** Connects an account, and syncs it three times, through the whole program in one process. */
export async function runSync({ dataDir, provider, token, env }: SyncInput): Promise<SyncResult> {
  const config = loadConfig({ dataDir }, { HOARDARR_EMBEDDER: 'hash', LOG_LEVEL: 'error', ...env });
  const app = await openApp(config, createTelemetry({ level: 'error', secrets: [] }));
  try {
    const account = { provider, user: USER };
    const signal = new AbortController().signal;
    await connect(app, { ...account, how: { by: 'token', token }, signal });
    // The first sync would come by itself: here it comes when it is asked for, and none besides.
    await changeSyncMetadata(app.metadata, account, (metadata) => ({ ...metadata, nextSyncAt: NEVER }));
    const sync = async (full: boolean): Promise<SyncTook> => {
      const since = performance.now();
      const report = await syncAccount(app, { ...account, full });
      return { ms: performance.now() - since, report };
    };
    return { first: await sync(true), full: await sync(true), delta: await sync(false) };
  } finally {
    await app.close();
  }
}
