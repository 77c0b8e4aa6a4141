import type { ExportFault } from './fault.ts';

const exported = (
  name: string,
  seenAt: string,
  run: ExportFault['run'],
  about: Partial<ExportFault> = {},
): ExportFault => ({ source: 'export', name, seenAt, run, ...about });

type Sections = Readonly<Record<string, unknown>> & {
  readonly 'Favorite Videos': { readonly FavoriteVideoList: readonly unknown[] };
};

interface Export {
  readonly 'Likes and Favorites': Sections;
}

/** Exports, one after the other, whose list of favourites, or all around it, was changed. */
const changed =
  (change: (sections: Sections) => unknown, swallows = false): ExportFault['run'] =>
  async (history) => {
    for (let left = history.world.howLong(); left > 0; left--) {
      const { 'Likes and Favorites': sections } = JSON.parse(history.world.takeExport()) as Export;
      await history.hand(JSON.stringify(change(sections)), { swallows });
    }
  };

const relisted =
  (choose: (list: readonly unknown[]) => readonly unknown[]) =>
  (sections: Sections): unknown => {
    const { FavoriteVideoList: list } = sections['Favorite Videos'];
    return { 'Likes and Favorites': { ...sections, 'Favorite Videos': { FavoriteVideoList: choose(list) } } };
  };

const unsaved =
  (share: number): ExportFault['run'] =>
  async (history) => {
    const { world } = history;
    for (let left = Math.floor(world.saved.length * share); left > 0; left--) world.unsave(world.pick());
    await history.hand();
  };

/** What an export, or whoever hands it in, does. */
export const EXPORT_FAULTS: readonly ExportFault[] = [
  exported('export: nothing goes wrong', '–', (history) => history.hand()),
  exported(
    'export: the section is missing, swallowed',
    'tiktok-save #25',
    changed(({ 'Favorite Videos': _gone, ...others }) => ({ 'Likes and Favorites': others }), true),
    { isConnectors: true },
  ),
  exported(
    'export: the section has another name, swallowed',
    'tiktok-save #26',
    changed((sections) => ({ 'Your Favourites': sections }), true),
    { isConnectors: true },
  ),
  exported('export: a stale one is handed in late', '–', async (history) => {
    const { world } = history;
    const stale = world.takeExport();
    for (let days = 3; days > 0; days--) world.live();
    await history.hand();
    await history.hand(stale);
  }),
  exported(
    'export: the older half of the list is cut off',
    'Sim #6757',
    changed(relisted((list) => list.slice(0, list.length / 2))),
  ),
  exported(
    'export: a fifth in the middle of the list is left out',
    'Sim #6757',
    changed(relisted((list) => list.filter((_, n) => n < list.length * 0.4 || n >= list.length * 0.6))),
  ),
  exported('export: 40 % are unsaved at once, truly', 'Backstage guard', unsaved(0.4), { items: 60 }),
  exported('export: 60 % are unsaved at once, truly', 'Backstage guard', unsaved(0.6), { items: 60 }),
  exported(
    'export: three in the middle of the list are left out',
    'Sim #6757',
    changed(relisted((list) => list.filter((_, n) => n < list.length / 2 || n >= list.length / 2 + 3))),
  ),
];
