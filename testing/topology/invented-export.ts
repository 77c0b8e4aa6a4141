/** A row of an invented export. */
export interface InventedRow {
  readonly id: string;
  /** as the export writes it, UTC */
  readonly date: string;
  readonly caption?: string;
}

const NEWEST = Date.UTC(2025, 5, 1);
const HOUR_MS = 3_600_000;

/** The id of the nth invented video: 19 digits, as TikTok's. */
export function inventedId(n: number): string {
  return String(7_300_000_000_000_000_000n + BigInt(n) * 1_000_003n);
}

/** Rows, the newest first; `captioned` ones say themselves what they are, so that nobody needs to be asked. */
export function inventedRows(count: number, captioned = true): readonly InventedRow[] {
  return Array.from({ length: count }, (_, n) => ({
    id: inventedId(n),
    date: dateOf(NEWEST - n * HOUR_MS),
    ...(captioned ? { caption: `Invented caption number ${n} about subject ${n % 7}` } : {}),
  }));
}

/** The JSON export with these rows as favourites, and one like that says when it was made. */
export function inventedExport(rows: readonly InventedRow[], madeAt: number = NEWEST): object {
  const list = rows.map(({ id, date, caption }) => ({
    Date: date,
    Link: `https://www.tiktokv.com/share/video/${id}/`,
    ...(caption === undefined ? {} : { Caption: caption }),
  }));
  const like = { date: dateOf(madeAt), link: `https://www.tiktokv.com/share/video/${inventedId(999_999)}/` };
  return {
    'Likes and Favorites': {
      'Favorite Videos': { FavoriteVideoList: list },
      'Like List': { ItemFavoriteList: [like] },
    },
  };
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
