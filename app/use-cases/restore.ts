import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { InputError, messageOf } from '../../core/errors.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import { carryPassword, endSessions } from '../access/owner-access.ts';
import type { App } from '../app.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readArchive } from '../archive/read-archive.ts';
import type { Config } from '../config.ts';
import { CurrentStore, pinnedEmbedder } from '../current-store.ts';
import { DATA_FILES } from '../data-folder.ts';
import { type LogDeps, openLog } from '../open-log.ts';
import { PauseLock } from '../pause-lock.ts';
import { forgetProcesses } from '../presence.ts';
import { restoringAlone } from '../restore/embedded/restore-lock.ts';
import { type Restore, toRestore } from '../restore/last-restore.ts';
import { isSwapDue, type Marker, readMarker, workFolder, writeMarker } from '../restore/marker.ts';
import { openStores } from '../store-adapters.ts';
import { syncFolder } from '../write-file-whole.ts';

/**
 * Verifies a backup whole and unpacks it beside the data of this folder. From then on every process leaves the folder, and who
 * opens it next puts the backup in the place of what is there: `start` does so by itself.
 *
 * @param from name of the backup, for people
 * @throws InputError where the file is no whole backup of ours; then nothing was changed
 */
export async function restoreInPlace(app: App, file: string, from: string): Promise<Restore> {
  return await restoringAlone(app.config.dataDir, () => restoreAlone(app, file, from));
}

/** The same for who is `restoringAlone`. */
export async function restoreAlone(app: App, file: string, from: string): Promise<Restore> {
  const { config, clock, telemetry } = app;
  refuseShared(config);
  const lock = await PauseLock.take(app);
  try {
    if (readMarker(config.dataDir) !== null)
      throw new InputError('a backup is being restored already: wait until that is done');
    const startedAt = new Date(clock.now()).toISOString();
    const marker = await stageBackup(config, file, { from, startedAt }, app, {
      complete: async (restored) => {
        await requireEmbedder(config, restored);
        await carryPassword(app.metadata, restored);
      },
      confirm: () => lock.assertHeld(),
    });
    telemetry.log.info('a backup was verified, and is put in its place now', { from, items: marker.items });
    return toRestore(marker);
  } finally {
    await lock.release();
  }
}

/** Whether this process has to leave its data folder, and may open it again. */
export function isRestoreDue({ config }: App): boolean {
  return isSwapDue(readMarker(config.dataDir));
}

interface Staging {
  /** adds what is to be in its metadata besides */
  readonly complete?: (restored: MetadataStore) => Promise<void>;
  /** throws where it must not take the place of what is there after all: unpacking takes its time */
  readonly confirm: () => Promise<void>;
}

/**
 * Verifies a backup whole, unpacks it into a folder of its own, opens it once there, and writes the marker with which it counts.
 * The caller is `restoringAlone`.
 *
 * @returns the marker
 * @throws InputError where the file is no whole backup of ours; whatever it throws, nothing was changed, and nothing is left
 */
export async function stageBackup(
  config: Config,
  file: string,
  about: Pick<Marker, 'from' | 'startedAt'>,
  deps: Pick<App, 'clock' | 'random' | 'telemetry'>,
  { complete = async () => undefined, confirm }: Staging,
): Promise<Marker> {
  const { dataDir } = config;
  const id = randomUUID();
  const folder = workFolder(dataDir, { id });
  mkdirSync(folder, { mode: 0o700 });
  const { ino } = statSync(folder);
  try {
    const manifest = await readArchive(file, folder);
    requireParts(file, manifest, config);
    // Opening makes anew what is not there.
    requireUnpacked(folder, ino, manifest);
    const key = path.join(dataDir, DATA_FILES.key);
    // A backup without the key needs the one that is here, if any: it is that of the same tokens.
    if (existsSync(key) && !(DATA_FILES.key in manifest.files)) copyFileSync(key, path.join(folder, DATA_FILES.key));
    mkdirSync(path.join(folder, DATA_FILES.uploads), { mode: 0o700 });
    await openOnce({ ...config, dataDir: folder }, { ...deps, log: deps.telemetry.log }, complete);
    syncFolder(folder);
    await confirm();
    requireUnpacked(folder, ino, manifest);
    const { items, createdAt } = manifest;
    return writeMarker(dataDir, { id, phase: 'ready', ...about, items, backupAt: createdAt, detail: null });
  } catch (error) {
    const isGone = !existsSync(folder);
    rmSync(folder, { recursive: true, force: true });
    if (isGone) throw new Error(GONE, { cause: error });
    if (!(error instanceof InputError)) throw error;
    // People know the backup by its name, and never saw the folder.
    throw new InputError(messageOf(error).replaceAll(`${folder}${path.sep}`, '').replaceAll(file, about.from));
  }
}

const GONE =
  'what was unpacked is not there any more, so another process removed it: nothing was changed, so restore again';

/** @param ino of the folder, as it was made: who removed it may have done so while this process stood still */
function requireUnpacked(folder: string, ino: number, { files }: Manifest): void {
  const isWhole = Object.keys(files).every((name) => existsSync(path.join(folder, name)));
  if (!isWhole || statSync(folder).ino !== ino) throw new Error(GONE);
}

/** With another embedder the roles would not start on it, and the data of before would be gone by then. */
async function requireEmbedder({ embedder }: Config, restored: MetadataStore): Promise<void> {
  const pinned = await pinnedEmbedder(restored);
  if (pinned === null) return;
  if (pinned.name === embedder.name && (embedder.model === undefined || embedder.model === pinned.model)) return;
  throw new InputError(
    `its vectors are of ${pinned.name} ${pinned.model}, and ${embedder.name} ${embedder.model ?? ''} is configured here: configure the embedder of the backup, start again, and restore then`,
  );
}

function refuseShared({ store, kafka }: Config): void {
  if (store !== 'sqlite')
    throw new InputError('the collection is in Couchbase: restore it there, or make it again from the log (`rebuild`)');
  if (kafka !== null)
    throw new InputError(
      'the log is on Kafka, which a backup does not hold: restore that there, then the backup into a new data folder (`restore-backup`), or make the collection again from the log (`rebuild`)',
    );
}

function requireParts(file: string, { files }: Manifest, { kafka }: Config): void {
  const parts = kafka === null ? [DATA_FILES.metadata, DATA_FILES.log] : [DATA_FILES.metadata];
  const missing = parts.filter((name) => !(name in files));
  if (missing.length === 0) return;
  const isOnKafka = DATA_FILES.kafka in files;
  throw new InputError(
    isOnKafka
      ? `${file} was made where the log is on Kafka, and holds none: set HOARDARR_EVENT_LOG=kafka as it was there, and run restore-backup with a new data folder`
      : `${file} is no whole backup: it lacks ${missing.join(' and ')}`,
  );
}

/** Who ran and who was logged in when the backup was made is not so now. Metadata in Couchbase are of now, and stay. */
async function forgetThen(metadata: MetadataStore): Promise<void> {
  await forgetProcesses(metadata);
  await endSessions(metadata);
}

/** Made ready for the processes of now. What cannot be opened is refused while the data of before are in their place: files of a newer version, of another program. */
async function openOnce(
  config: Config,
  deps: LogDeps,
  complete: (restored: MetadataStore) => Promise<void>,
): Promise<void> {
  if (config.kafka === null) await (await openLog(config, deps)).close();
  const stores = await openStores(config, deps);
  try {
    await (await CurrentStore.open(stores)).close();
    if (config.store === 'sqlite') await forgetThen(stores.metadata);
    await complete(stores.metadata);
  } finally {
    await stores.close();
  }
}
