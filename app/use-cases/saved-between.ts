import { InputError } from '../../core/errors.ts';
import type { ItemFilter } from '../../core/ports/item-store.ts';

/** When items were saved, as people say it: ISO 8601, a date or a moment; null: from ever, until now. */
export interface SavedBetween {
  readonly savedFrom?: string | null;
  /** a date counts as a whole day (UTC); a moment is still within */
  readonly savedTo?: string | null;
}

const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** In the terms of a store. @throws InputError where one of them is no date */
export function datesOf({ savedFrom, savedTo }: SavedBetween): Pick<ItemFilter, 'savedFrom' | 'savedBefore'> {
  const from = savedFrom ?? null;
  const to = savedTo ?? null;
  return {
    ...(from === null ? {} : { savedFrom: momentOf(from, 'savedFrom') }),
    ...(to === null ? {} : { savedBefore: momentOf(to, 'savedTo') + (DATE.test(to) ? DAY_MS : 1) }),
  };
}

function momentOf(text: string, name: string): number {
  const moment = DATE.test(text) || MOMENT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment))
    throw new InputError(`${name} is no date: give it as 2026-03-01, or as 2026-03-01T18:30:00Z (it is '${text}')`);
  return Math.max(0, moment);
}
