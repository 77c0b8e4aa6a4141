import { runInThisContext } from 'node:vm';
import { afterEach, expect, test } from '@jest/globals';
import { dayBefore, endOfDay } from './calendar.ts';

/** Jest's process.env is a copy, which clocks do not follow. */
function liveIn(zone: string): void {
  runInThisContext(`process.env.TZ = '${zone}'`);
}

const home = runInThisContext('process.env.TZ') as string | undefined;
afterEach(() => {
  if (home === undefined) runInThisContext('delete process.env.TZ');
  else liveIn(home);
});

test.each([
  ['Europe/Berlin', '2025-10-26', '2025-10-26T22:59:59.999Z'],
  ['Europe/Berlin', '2025-03-30', '2025-03-30T21:59:59.999Z'],
  // A day without a midnight.
  ['America/Sao_Paulo', '2018-11-04', '2018-11-05T01:59:59.999Z'],
])('a day on which clocks change belongs to a range as a whole: in %s, %s ends at %s', (zone, day, end) => {
  liveIn(zone);
  expect(new Date(endOfDay(day)).toISOString()).toBe(end);
});

test('a span of days goes back by days, not by hours', () => {
  liveIn('Europe/Berlin');
  expect(dayBefore(Date.parse('2025-04-01T00:30:00'), 7)).toBe('2025-03-25');
  expect(dayBefore(Date.parse('2025-11-01T23:30:00'), 7)).toBe('2025-10-25');
});
