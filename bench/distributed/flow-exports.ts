import { sampleId } from '../sample-items.ts';

const HOUR_MS = 3_600_000;
const NEWEST = Date.UTC(2025, 5, 1);
const DAY_MS = 86_400_000;
/** Few enough for law 4: what goes by absence needs no person. */
const GONE_EACH = 16;

/** Exports of many accounts, whose captions all differ; the second one of each lacks some rows. */
export class FlowExports {
  readonly accounts: number;
  readonly #items: number;

  constructor(items: number, accounts: number) {
    this.#items = items;
    this.accounts = accounts;
  }

  userOf(account: number): string {
    return `user-${account}`;
  }

  asOf(turn: 0 | 1): number {
    return NEWEST + (turn + 1) * DAY_MS;
  }

  of(account: number, turn: 0 | 1): string {
    const rows = [];
    // Accounts take turns, so that all of them flow from beginning to end.
    for (let n = account, row = 0; n < this.#items; n += this.accounts, row++) {
      if (turn === 1 && row % GONE_EACH === 5) continue;
      const date = new Date(NEWEST - row * HOUR_MS).toISOString().slice(0, 19).replace('T', ' ');
      const link = `https://www.tiktokv.com/share/video/${sampleId(n)}/`;
      rows.push({ Date: date, Link: link, Caption: `Caption ${n} of account ${account} about subject ${n % 13}` });
    }
    return JSON.stringify({ 'Likes and Favorites': { 'Favorite Videos': { FavoriteVideoList: rows } } });
  }
}
