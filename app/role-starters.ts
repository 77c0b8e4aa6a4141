import type { ErasedText } from '../core/erased-text.ts';
import type { FoldSettings } from '../core/fold/effects.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';
import type { EmbeddingCache } from '../processors/embed/embedding-cache.ts';
import { createEmbedProcessor } from '../processors/embed/processor.ts';
import { Scheduler } from '../producers/sync/scheduler.ts';
import { Maintenance } from '../sinks/maintenance.ts';
import { Sink } from '../sinks/sink.ts';
import type { App } from './app.ts';
import { BackupRunner } from './backup-runner.ts';
import { isGone } from './instance.ts';
import { Notifier } from './notify/notifier.ts';
import type { ProducerParts, Producers } from './producers.ts';
import type { RoleStarters, RunningRole } from './role-host.ts';
import { ThumbnailCache } from './thumbnails/thumbnail-cache.ts';

export interface RoleParts extends ProducerParts {
  readonly cache: EmbeddingCache;
  readonly embedder: () => Promise<Embedder>;
  /** counts what embedding with this model takes */
  readonly countingFor: (model: string) => Telemetry;
  readonly foldSettings: FoldSettings;
  readonly producers: Producers;
  /** the platform's fetch, or a fake: for notifications */
  readonly fetch: typeof fetch;
}

/**
 * How each role is made and started. The scheduler is what time brings: syncs are due, trash expires, stubs are asked for
 * again, backups are made, a person is told of what waits for one.
 */
export function createRoleStarters(
  parts: RoleParts,
  startApi: () => Promise<RunningRole>,
  app: () => App,
): RoleStarters {
  const { cache, config, foldSettings: settings, producers } = parts;
  return {
    api: startApi,
    async scheduler() {
      const maintenance = new Maintenance({
        ...parts,
        trashMs: config.trashMs,
        askableSince: (account) => producers.askableSince(account),
        forgetTexts: (texts) => forget(cache, texts),
        forgetItems: (items) => forgetThumbnails(config.dataDir, items),
      });
      const providers = [...producers.live.keys()];
      const scheduler = new Scheduler({ ...parts, cadence: config.cadence, providers });
      const notifier = new Notifier({ ...parts, providers, instance: parts.presence.instance, isGone });
      await maintenance.start();
      await scheduler.start();
      const backups = new BackupRunner(app());
      await notifier.start();
      await backups.start();
      return {
        async stop() {
          await Promise.all([scheduler.stop(), maintenance.stop(), notifier.stop(), backups.stop()]);
        },
      };
    },
    async producer() {
      const subscription = await producers.start();
      return { stop: () => subscription.close() };
    },
    async embed() {
      const { presence } = parts;
      const owner = { name: presence.instance, isRunning: (name: string) => presence.isRunning(name) };
      const embedder = await parts.embedder();
      const telemetry = parts.countingFor(embedder.model);
      const processor = createEmbedProcessor({ ...parts, owner, embedder, telemetry });
      await processor.start();
      return processor;
    },
    async sink() {
      const sink = new Sink({ ...parts, settings });
      await sink.start();
      return sink;
    },
  };
}

/** Law 7: those in this data folder; a process of the API elsewhere looks for itself. */
async function forgetThumbnails(dataDir: string, items: readonly string[]): Promise<void> {
  const thumbnails = new ThumbnailCache(dataDir);
  for (const item of items) {
    const [scope = '', itemId = ''] = item.split(' ');
    await thumbnails.remove({ scope, itemId });
  }
}

/** Law 7: also from the bytes on disk. */
async function forget(cache: EmbeddingCache, texts: readonly ErasedText[]): Promise<void> {
  await cache.remove(texts);
  await cache.eraseFreed();
}
