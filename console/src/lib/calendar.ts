/** Days of the reader's calendar, as `2026-03-01`. Where clocks are put forward or back, a day has not 24 hours. */

/** Its first moment, ms; NaN where it is no day, as while it is typed. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00`);
}

/** Its last moment, ms; NaN as above. */
export function endOfDay(day: string): number {
  return new Date(startOfDay(day)).setHours(24, 0, 0, 0) - 1;
}

/** The day so many days before the moment's own. */
export function dayBefore(atMs: number, days: number): string {
  const day = new Date(atMs);
  day.setDate(day.getDate() - days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}
