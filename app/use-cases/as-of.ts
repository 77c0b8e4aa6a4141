import { InputError } from '../../core/errors.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?$/;

/** The moment of an export as a person writes it, ms; without a zone, UTC. InputError where it is no date. */
export function parseAsOf(text: string): number {
  const [, day, time, zone = 'Z'] = DAY.test(text) ? [text, text, '00:00'] : (TIME.exec(text) ?? []);
  const ms = day === undefined || !isInCalendar(day) ? Number.NaN : Date.parse(`${day}T${time ?? ''}${zone}`);
  if (Number.isNaN(ms)) throw new InputError(`'${text}' is no date: write 2026-03-01 or 2026-03-01T12:00:00Z`);
  return ms;
}

/** Date.parse takes the 31st of February for the 3rd of March. */
function isInCalendar(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
