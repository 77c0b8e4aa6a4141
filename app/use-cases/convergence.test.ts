import { describe, expect, it } from '@jest/globals';
import type { AppliedSnapshot, ScopeRow } from '../../core/ledger.ts';
import { describeConvergence } from './convergence.ts';

const NOW = Date.UTC(2026, 10, 26, 15, 0);
const AT = Date.UTC(2026, 10, 26, 14, 2);

function compared(row: Partial<ScopeRow>, applied: Partial<AppliedSnapshot> = {}): ScopeRow {
  const snapshot = { count: 812, coverage: 'complete', asOf: null, ...applied } as AppliedSnapshot;
  return { converged: null, convergedAt: AT, applied: snapshot, ...row } as ScopeRow;
}

const say = (provider: string, row: ScopeRow | null): string => describeConvergence(provider, row, NOW).sentence;

describe('what a comparison of both sides says', () => {
  it('that they hold the same, and when that was checked', () => {
    expect(describeConvergence('reddit', compared({ converged: true }), NOW)).toEqual({
      converged: true,
      count: 812,
      checkedAt: '2026-11-26T14:02:00.000Z',
      asOf: null,
      sentence: 'Reddit and Hoardarr hold the same 812 items, checked 14:02 UTC',
    });
    expect(say('github', compared({ converged: true, convergedAt: AT - 86_400_000 }, { count: 1 }))).toBe(
      'GitHub and Hoardarr hold the same 1 item, checked 2026-11-25 14:02 UTC',
    );
    expect(say('github', compared({ converged: true }, { count: 0 }))).toBe(
      'GitHub and Hoardarr both hold nothing, checked 14:02 UTC',
    );
    expect(describeConvergence('tiktok', compared({}, { asOf: AT }), NOW).asOf).toBe('2026-11-26T14:02:00.000Z');
    expect(say('tiktok', compared({ converged: true }, { asOf: Date.UTC(2026, 0, 2) }))).toBe(
      'The TikTok export of 2026-01-02 and Hoardarr hold the same 812 items, checked 14:02 UTC',
    );
  });

  it('and never more than is known', () => {
    expect(say('reddit', null)).toBe('Reddit and Hoardarr have not been compared yet');
    expect(say('reddit', compared({ applied: null }))).toBe('Reddit and Hoardarr have not been compared yet');
    expect(say('github', compared({ converged: false }))).toContain('does not hold exactly these, checked 14:02 UTC');
    expect(say('github', compared({ convergedAt: null }))).toContain('compared when all of them are taken in');
    expect(say('reddit', compared({}, { coverage: 'window' }))).toContain('shows only its newest 812 items');
    expect(say('tiktok', compared({}, { coverage: 'unknown' }))).toContain('could not be read as a whole');
  });
});
