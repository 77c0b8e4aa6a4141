import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OpenLibrary } from './contender.ts';
import { activateVersion } from './models/activate-version.ts';
import { percentageGuard } from './models/percentage-guard.ts';
import { setDifference } from './models/set-difference.ts';
import { twoPhaseTombstone } from './models/two-phase-tombstone.ts';

export interface Entrant {
  readonly name: string;
  readonly kind: 'package' | 'model' | 'package and model' | 'product';
  /** null: the product, which is no library behind the common connector */
  readonly open: OpenLibrary | null;
  /** of the product: environment variables that are not left at their defaults */
  readonly env?: Readonly<Record<string, string>>;
}

const FOLDER = path.dirname(fileURLToPath(import.meta.url));

const MODELS: readonly Entrant[] = [
  { name: 'Singer ACTIVATE_VERSION', kind: 'model', open: activateVersion },
  { name: 'percentage guard', kind: 'model', open: percentageGuard },
  { name: 'two-phase tombstone', kind: 'model', open: twoPhaseTombstone },
  { name: 'set difference', kind: 'model', open: setDifference },
];

const PRODUCTS: readonly Entrant[] = [
  { name: 'Hoardarr', kind: 'product', open: null },
  {
    name: 'Hoardarr, HOARDARR_GUARD_NEIGHBOURS=5',
    kind: 'product',
    open: null,
    env: { HOARDARR_GUARD_NEIGHBOURS: '5' },
  },
];

/** Adapters of packages, by file and export. */
const PEERS = [
  { file: 'langchain', export: 'langchainFull', name: 'LangChain full', kind: 'package' },
  { file: 'langchain', export: 'langchainScopedFull', name: 'LangChain scoped_full', kind: 'package and model' },
  { file: 'llamaindex', export: 'llamaindex', name: 'LlamaIndex upserts_and_delete', kind: 'package' },
] as const;

export function arePackagesInstalled(): boolean {
  return existsSync(path.join(FOLDER, 'node_modules', '@langchain', 'core', 'package.json'));
}

/** In the order of the tables. `withPackages: false`: those that need no installation. */
export async function entrants(withPackages: boolean): Promise<readonly Entrant[]> {
  const peers: Entrant[] = [];
  for (const { file, export: exported, name, kind } of withPackages ? PEERS : []) {
    // By a name that only the running program knows, because the packages are not there where types are checked.
    const address = pathToFileURL(path.join(FOLDER, 'peers', `${file}.ts`)).href;
    const adapter = (await import(address)) as Readonly<Record<string, OpenLibrary>>;
    peers.push({ name, kind, open: adapter[exported] ?? null });
  }
  return [...peers, ...MODELS, ...PRODUCTS];
}
