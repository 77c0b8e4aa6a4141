import { createLiveProviders } from '../../app/live-providers.ts';
import { connect } from '../../app/use-cases/connect.ts';
import { type SyncReport, syncAccount } from '../../app/use-cases/sync.ts';
import type { ConnectBy } from '../../producers/sync/connect.ts';
import type { FakeService } from '../fake-service/fake-service.ts';
import { TopologyDriver } from './topology-driver.ts';

export interface SyncDriverOptions {
  readonly seed: number;
  /** who answers instead of the network */
  readonly service: Pick<FakeService, 'fetch'>;
  readonly env: Readonly<Record<string, string>>;
}

/** The whole pipeline with the real provider of a fake service; only what a test asks for is synced. */
export async function openSyncDriver({ seed, service, env }: SyncDriverOptions): Promise<TopologyDriver> {
  return TopologyDriver.open({
    seed,
    env: { HOARDARR_SYNC_INTERVAL_SECONDS: '31536000', HOARDARR_FULL_AFTER_HOURS: '87600', ...env },
    live: (deps, config) => createLiveProviders(deps, config, service.fetch),
  });
}

/** Connects the account, and waits for the first sync, which is due at once. */
export async function connectAndSync(driver: TopologyDriver, provider: string, how: ConnectBy): Promise<void> {
  const { app } = driver;
  await driver.run(connect(app, { provider, user: 'me', how, signal: new AbortController().signal }));
  await driver.run(firstSync(driver, provider));
  await driver.settle();
}

async function firstSync({ app }: TopologyDriver, provider: string): Promise<void> {
  while (typeof (await app.store.runBefore(`${provider}/me`, Number.MAX_SAFE_INTEGER))?.settledAt !== 'number')
    await app.clock.sleep(1000);
}

export function syncNow(driver: TopologyDriver, provider: string, full = false): Promise<SyncReport> {
  return driver.run(syncAccount(driver.app, { provider, user: 'me', full }));
}
