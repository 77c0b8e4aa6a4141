import { describe, expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import { parseAsOf } from './as-of.ts';

describe('The moment of an export, as a person writes it', () => {
  it.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-03-01T12:30', '2026-03-01T12:30:00.000Z'],
    ['2026-03-01 12:30:15', '2026-03-01T12:30:15.000Z'],
    ['2026-03-01T00:30:00+02:00', '2026-02-28T22:30:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(new Date(parseAsOf(text)).toISOString()).toBe(moment);
  });

  it.each([
    '',
    'yesterday',
    '2026-02-31',
    '2026-02-29',
    '2026-04-31T10:00:00Z',
    '2026-13-01',
    '2026-03-01T25:00',
    '01.03.2026',
  ])('%p is refused, with what to write', (text) => {
    expect(() => parseAsOf(text)).toThrow(InputError);
    expect(() => parseAsOf(text)).toThrow('write 2026-03-01');
  });
});
