import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ParsedExport, readExport } from '../producers/tiktok/parse/read-export.ts';

/** Ids of invented videos. */
export const ID = ['7612738946044398861', '7251387037834595630', '6991887885607734533'] as const;

const NOW = Date.UTC(2027, 0, 1);

/** A row of a list of favourites, as exports have it. */
export const exportRow = (id: string, date = '2025-04-17 16:36:43'): object => ({
  Date: date,
  Link: `https://www.tiktokv.com/share/video/${id}/`,
});

/** An export with this in the place of the list, and one like, which is newer. */
export const exportOf = (list: unknown, wrapper = 'Likes and Favorites'): object => ({
  [wrapper]: {
    'Favorite Videos': { App: 1, FavoriteVideoList: list },
    'Like List': {
      App: 1,
      ItemFavoriteList: [
        { date: '2025-06-01 00:00:00', link: 'https://www.tiktokv.com/share/video/7111111111111111111/' },
      ],
    },
  },
});

/** The TXT form. */
export const exportText = (ids: readonly string[]): string =>
  ids.map((id) => `Date: 2025-05-21 08:59:11 UTC\nLink: https://www.tiktokv.com/share/video/${id}/\n\n`).join('');

/** A folder for exports that a test makes up. */
export class ExportFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), 'export-'));

  write(name: string, data: string | Uint8Array): string {
    const file = path.join(this.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, data);
    return file;
  }

  /** Reads what is written to a file of that name. */
  read(name: string, data: string | Uint8Array): Promise<ParsedExport> {
    return readFile(this.write(name, data));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const readFile = (file: string): Promise<ParsedExport> => readExport(file, { now: NOW });

export const idsOf = ({ favorites }: ParsedExport): string[] => [...favorites.savedAt.keys()];
