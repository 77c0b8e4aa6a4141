import type { App } from '../../app/app.ts';
import { loadConfig } from '../../app/config.ts';
import { type OpenOptions, openApp } from '../../app/open-app.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { type Explanation, explainItem } from '../../app/use-cases/explain.ts';
import type { DataFolder } from './data-folder.test-support.ts';

/** Opens the program on a data folder in this process, for as long as the work takes. */
export async function withAppOn<T>(
  folder: DataFolder,
  work: (app: App) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const config = loadConfig({ dataDir: folder.path }, folder.env);
  const app = await openApp(config, createTelemetry({ level: 'silent', secrets: [] }), options);
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}

export interface CollectionState {
  readonly digest: string;
  readonly explanations: readonly Explanation[];
}

/** The digest, and what is told of each of these favourites. */
export function stateOn(folder: DataFolder, itemIds: readonly string[]): Promise<CollectionState> {
  return withAppOn(folder, async (app) => {
    const explanations: Explanation[] = [];
    for (const itemId of itemIds) explanations.push(await explainItem(app, { provider: 'tiktok', user: 'me' }, itemId));
    return { digest: await app.store.digest(), explanations };
  });
}
