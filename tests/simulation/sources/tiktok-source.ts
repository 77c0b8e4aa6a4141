import { type InventedRow, inventedExport, inventedId } from '../../../testing/topology/invented-export.ts';
import { MemoryOEmbed } from '../../../testing/topology/memory-oembed.ts';
import type { Saved, Source } from '../source.ts';
import { Truth } from '../truth.ts';

/** Favourites at TikTok, of which only exports tell, and captions by oEmbed. */
export function tiktokSource(now: () => number): Source {
  const oembed = new MemoryOEmbed();
  const versions = new Map<number, number>();
  const everHidden = new Set<number>();
  const twins = new Map<number, string>();
  const markOf = (n: number): string => twins.get(n) ?? `mark-${n}-${versions.get(n) ?? 0}-`;
  // Half of them bring their captions along.
  const isCaptioned = (n: number): boolean => n % 2 === 0;
  const say = (n: number): void => void oembed.captions.set(inventedId(n), `Caption of ${markOf(n)}`);
  const newFavorites = (): Saved => {
    const truth = new Truth();
    const savedAt = new Map<number, number>();
    const rowOf = (n: number): InventedRow => ({
      id: inventedId(n),
      date: new Date(savedAt.get(n) ?? 0).toISOString().slice(0, 19).replace('T', ' '),
      ...(isCaptioned(n) ? { caption: `Caption of ${markOf(n)}` } : {}),
    });
    return {
      provider: 'tiktok',
      items: 8,
      listsAll: true,
      shrankUnseen: () => false,
      truth,
      connectBy: null,
      idOf: inventedId,
      markOf,
      save(n) {
        if (savedAt.has(n)) return;
        say(n);
        savedAt.set(n, Math.floor(now() / 1000) * 1000);
        truth.save(inventedId(n), now());
      },
      unsave(n) {
        savedAt.delete(n);
        truth.unsave(inventedId(n), now());
      },
      takeExport(how) {
        const saved = [...savedAt.keys()].sort((a, b) => (savedAt.get(b) ?? 0) - (savedAt.get(a) ?? 0));
        const rows = (how === 'honest' ? saved : saved.slice(1)).map(rowOf);
        const bytes = Buffer.from(JSON.stringify(inventedExport(rows, now())));
        return { name: 'user_data_tiktok.json', bytes, asOf: null, isForged: how === 'forged' };
      },
      isPrivate: () => false,
      isExcused: (n) => everHidden.has(n),
    };
  };
  return {
    ...newFavorites(),
    neighbour: newFavorites(),
    env: { TIKTOK_OEMBED_URL: MemoryOEmbed.url },
    oembed: oembed.fetch,
    service: null,
    publicBy: null,
    secrets: [],
    // A caption is what it is; another one is seen only where the export tells it.
    edit(n, version) {
      if (!isCaptioned(n)) return;
      twins.delete(n);
      versions.set(n, version);
      say(n);
    },
    twin(n, other) {
      if (!isCaptioned(n)) return false;
      twins.set(n, markOf(other));
      say(n);
      return true;
    },
    touch: () => undefined,
    hide(n) {
      everHidden.add(n);
      oembed.unavailable.add(inventedId(n));
    },
    show: (n) => void oembed.unavailable.delete(inventedId(n)),
    revoke: () => undefined,
    grant: () => undefined,
    impersonate: () => undefined,
  };
}
