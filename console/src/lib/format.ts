const LANGUAGE = 'en';
const counts = new Intl.NumberFormat(LANGUAGE);
const dates = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium' });
const times = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: 'short' });
const moments = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' });

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** `12,345` */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** `1 item`, `12,345 items` */
export function plural(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Decimal units, as file managers show them: `3.4 MB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'kB', 'MB', 'GB'];
  let step = 0;
  let value = bytes;
  // As it is shown, rounded: 999,999 bytes are no 1000 kB.
  for (; Math.round(value) >= 1000 && step < names.length - 1; step++) value /= 1000;
  return `${step === 0 ? value : rounded(value, 100)} ${names[step] ?? 'B'}`;
}

/** With one decimal; with none from so much on. */
function rounded(value: number, wholeFrom: number): string {
  const text = value.toFixed(1);
  return Number(text) < wholeFrom ? text : value.toFixed(0);
}

/** `Nov 3, 2025` */
export function formatDate(iso: string): string {
  return dates.format(new Date(iso));
}

/** `Nov 3, 2025, 2:02 PM` */
export function formatMoment(iso: string): string {
  return moments.format(new Date(iso));
}

/** `2:02 PM`; with its day unless that is today */
export function formatClock(iso: string, nowMs = Date.now()): string {
  const at = new Date(iso);
  return dates.format(at) === dates.format(nowMs) ? times.format(at) : moments.format(at);
}

/** `3 days ago`, `in 5 minutes`, `just now` */
export function formatAgo(iso: string, nowMs = Date.now()): string {
  const distanceMs = Date.parse(iso) - nowMs;
  for (const [i, [unit, sizeMs]] of UNITS.entries()) {
    // What is 60 minutes, rounded, is an hour.
    const finerMs = UNITS[i + 1]?.[1] ?? 1;
    if (Math.round(Math.abs(distanceMs) / finerMs) < Math.round(sizeMs / finerMs)) continue;
    return relative.format(Math.sign(distanceMs) * Math.max(1, Math.round(Math.abs(distanceMs) / sizeMs)), unit);
  }
  return distanceMs <= 0 ? 'just now' : 'in a moment';
}

/** `$1.20`; below a cent, with as many digits as it takes to see something: `$0.00042` */
export function formatUsd(usd: number): string {
  const digits = usd > 0 && usd < 0.01 ? { maximumSignificantDigits: 2 } : {};
  return new Intl.NumberFormat(LANGUAGE, { style: 'currency', currency: 'USD', ...digits }).format(usd);
}

/** `0.4 s`, `3 min 20 s` */
export function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${rounded(ms / 1000, 10)} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
