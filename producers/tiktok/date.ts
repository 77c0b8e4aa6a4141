const DATE = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?: ?UTC|Z)?$/;

/** TikTok began in 2016; what is far older is a default that stands for no date. */
const EARLIEST = Date.UTC(2014, 0, 1);

/**
 * A date as exports write it, `YYYY-MM-DD HH:MM:SS` in UTC, with or without saying so: ms since the epoch. Null when it is
 * no date, or one that cannot be.
 */
export function parseExportDate(text: string): number | null {
  const parts = DATE.exec(text.trim())?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  // Date.UTC carries over what does not exist: 30 February becomes 2 March.
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exists && ms >= EARLIEST ? ms : null;
}
