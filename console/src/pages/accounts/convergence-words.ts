import type { Convergence } from '../../api/types-accounts.ts';
import { formatClock, formatDate } from '../../lib/format.ts';
import { texts } from '../../texts.ts';

const words = texts.accounts.convergence;

/**
 * Whether both sides hold the same. Where they were compared, the times are the reader's own; else the server says why they were
 * not, which has none.
 *
 * @param provider its name for people
 */
export function convergenceWords(provider: string, told: Convergence, nowMs = Date.now()): string {
  const { converged, count, checkedAt, asOf = null } = told;
  if (converged === null || count === null) return told.sentence;
  const source = words.source(provider, asOf === null ? null : formatDate(asOf));
  const checked = words.checked(checkedAt === null ? null : formatClock(checkedAt, nowMs));
  return converged ? words.same(source, count, checked) : words.differs(source, count, checked);
}
