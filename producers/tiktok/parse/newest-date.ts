import { parseExportDate } from '../date.ts';

/** Keys whose values are moments of which the export knows: `Date`, `date`, `CreateDate`, `TimeStamp`. */
const MOMENT = /(?:date|time|timestamp)$/i;
/** ... but not those that may speak of the future, or of a person's life. */
const OTHER = /expir|end|next|renew|until|due|birth|valid|schedul/i;

const MAX_KEY_LENGTH = 40;
const MAX_KEYS = 10_000;

/** The newest date of an export that is not later than `now`: the least that is known of when it was made. */
export class NewestDate {
  ms: number | null = null;
  private readonly now: number;
  private text = '';
  private readonly meanings = new Map<string, boolean>();

  constructor(now: number) {
    this.now = now;
  }

  /** `key`: the name of the value, which says whether it is a moment. */
  see(key: string | null, value: string): void {
    // Texts in this form sort as their dates do, which spares nearly all of them from being parsed.
    if (value.length < 19 || value.length > 32 || value <= this.text) return;
    if (key === null || key.length > MAX_KEY_LENGTH || !this.isMoment(key)) return;
    const ms = parseExportDate(value);
    if (ms === null || ms > this.now || (this.ms !== null && ms <= this.ms)) return;
    this.ms = ms;
    this.text = value.slice(0, 19);
  }

  private isMoment(key: string): boolean {
    let meaning = this.meanings.get(key);
    if (meaning === undefined) {
      meaning = MOMENT.test(key) && !OTHER.test(key);
      if (this.meanings.size < MAX_KEYS) this.meanings.set(key, meaning);
    }
    return meaning;
  }
}
