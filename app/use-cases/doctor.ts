import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InputError, messageOf } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { type Config, type Environment, loadConfig } from '../config.ts';
import { DATA_FILES, prepareDataFolder } from '../data-folder.ts';
import { checkSqlite } from '../embedded/check-sqlite.ts';
import { isKeyFileExposed } from '../secrets.ts';
import { checkAccess } from './access.ts';
import type { Check } from './check.ts';
import { checkAccounts } from './doctor-accounts.ts';

const MIN_NODE = [20, 19] as const;
const MIN_FREE_BYTES = 500_000_000;

/** Looks at everything that Hoardarr needs here. `open` opens the data folder; it is tried only when the rest of it is well. */
export async function runDoctor(
  flags: { readonly dataDir?: string },
  open: (config: Config) => Promise<App>,
  env?: Environment,
): Promise<readonly Check[]> {
  const checks: Check[] = [checkNode(process.versions.node)];
  let config: Config | null = null;
  checks.push(
    await attempt('configuration', 'correct the names and values', () => {
      config = loadConfig(flags, ...(env === undefined ? [] : [env]));
      return 'every name and value is known';
    }),
  );
  checks.push(
    await attempt('sqlite', 'run npm ci again: better-sqlite3 or sqlite-vec did not load here', () => {
      const { sqlite, vec } = checkSqlite();
      return `SQLite ${sqlite}, sqlite-vec ${vec}`;
    }),
  );
  if (config === null) return checks;
  return [...checks, ...(await checkFolder(config, open))];
}

async function checkFolder(config: Config, open: (config: Config) => Promise<App>): Promise<readonly Check[]> {
  const { dataDir } = config;
  const folder = await attempt(
    'data folder',
    `make ${dataDir} writable for this user, or choose another with --data-dir`,
    () => {
      prepareDataFolder(dataDir);
      const probe = path.join(dataDir, `.probe-${process.pid}`);
      writeFileSync(probe, '');
      rmSync(probe);
      return `${dataDir} can be written`;
    },
  );
  if (!folder.ok) return [folder];
  const disk = checkDisk(dataDir);
  const checks = [folder, disk, checkKey(config)];
  let app: App | null = null;
  checks.push(
    await attempt(
      'event log and store',
      'restore a backup into an empty folder, or see what the message says',
      async () => {
        app = await open(config);
        return `${app.log.partitionCount} partitions, store of generation ${app.stores.generation}${existsSync(path.join(dataDir, DATA_FILES.cache)) ? '' : ', no cache yet'}`;
      },
    ),
  );
  const opened = app as App | null;
  if (opened === null) return checks;
  try {
    checks.push(...(await checkAccess(opened)), await checkEmbedder(opened), ...(await checkAccounts(opened)));
  } finally {
    await opened.close();
  }
  return checks;
}

async function attempt(name: string, fix: string, check: () => string | Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, detail: await check(), fix: null };
  } catch (error) {
    // What is wrong with the input says by itself how to mend it.
    return {
      name,
      ok: false,
      detail: messageOf(error),
      fix: error instanceof InputError ? 'do what the detail says' : fix,
    };
  }
}

function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  return {
    name: 'node',
    ok,
    detail: `Node.js ${version}`,
    fix: ok ? null : `install Node.js ${MIN_NODE.join('.')} or newer`,
  };
}

function checkDisk(dataDir: string): Check {
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const ok = free >= MIN_FREE_BYTES;
  return {
    name: 'disk',
    ok,
    detail: `${Math.round(free / 1e6)} MB are free`,
    fix: ok ? null : 'free some space, or move the data folder to a larger disk',
  };
}

function checkKey(config: Config): Check {
  if (config.encryptionKey !== null)
    return { name: 'encryption key', ok: true, detail: 'from HOARDARR_ENCRYPTION_KEY', fix: null };
  const exposed = isKeyFileExposed(config.dataDir);
  if (exposed === null) return { name: 'encryption key', ok: true, detail: 'made at the first start', fix: null };
  const file = path.join(config.dataDir, DATA_FILES.key);
  return {
    name: 'encryption key',
    ok: !exposed,
    detail: exposed ? `others may read ${file}` : `only its owner may read ${file}`,
    fix: exposed ? `chmod 600 ${file}` : null,
  };
}

async function checkEmbedder(app: App): Promise<Check> {
  const advice =
    app.config.embedder.name === 'openai'
      ? 'check OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_EMBEDDING_MODEL'
      : 'run npm ci again: the model did not load';
  return attempt('embedder', advice, async () => {
    const embedder = await app.embedder();
    const [result] = await embedder.embed(['hello']);
    if (result === undefined || 'error' in result) throw new Error(result?.error ?? 'it did not answer');
    return `${embedder.name}, ${embedder.model}, ${result.vector.length} dimensions`;
  });
}
