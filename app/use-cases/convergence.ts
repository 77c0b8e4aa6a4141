import type { ScopeRow } from '../../core/ledger.ts';
import { isoOf } from './format.ts';

/** Whether a source and Hoardarr hold the same items, for people (law 6). */
export interface ConvergenceView {
  /** null: it could not be compared, or was not yet */
  readonly converged: boolean | null;
  /** ids that the source listed when it was last compared; null: it listed none yet */
  readonly count: number | null;
  readonly checkedAt: string | null;
  /** the moment that the export speaks of; null where it was no export, or one that does not tell */
  readonly asOf: string | null;
  readonly sentence: string;
}

const NAMES: Readonly<Record<string, string>> = { reddit: 'Reddit', github: 'GitHub', tiktok: 'TikTok' };

/**
 * What the last comparison of a collection says.
 *
 * @param provider as in records
 * @param row null: nothing of it was applied yet
 * @param now ms since the epoch: what was checked today is told by its time alone
 */
export function describeConvergence(provider: string, row: ScopeRow | null, now: number): ConvergenceView {
  const applied = row?.applied ?? null;
  const name = NAMES[provider] ?? provider;
  if (row === null || applied === null)
    return {
      converged: null,
      count: null,
      checkedAt: null,
      asOf: null,
      sentence: `${name} and Hoardarr have not been compared yet`,
    };
  const { converged, convergedAt } = row;
  const { count, coverage, asOf } = applied;
  const listed = count === 1 ? '1 item' : `${count} items`;
  const source = asOf === null ? name : `The ${name} export of ${dayOf(asOf)}`;
  const checked = convergedAt === null ? '' : `, checked ${timeOf(convergedAt, now)}`;
  const seen = { converged, count, checkedAt: isoOf(convergedAt), asOf: isoOf(asOf) };
  if (converged === true)
    return {
      ...seen,
      sentence:
        count === 0
          ? `${source} and Hoardarr both hold nothing${checked}`
          : `${source} and Hoardarr hold the same ${listed}${checked}`,
    };
  if (converged === false)
    return {
      ...seen,
      sentence: `${source} lists ${listed}, and Hoardarr does not hold exactly these${checked}: what differs waits for you, or for the next sync`,
    };
  if (coverage === 'complete')
    return { ...seen, sentence: `${source} lists ${listed}: it is compared when all of them are taken in` };
  return {
    ...seen,
    sentence:
      coverage === 'window'
        ? `${name} shows only its newest ${listed}, so the whole cannot be compared: what is missing there is asked about one by one`
        : `${source} could not be read as a whole, so nothing can be compared, and nothing is removed by it`,
  };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** In UTC, as all times here are; with its day unless that is today. */
function timeOf(ms: number, now: number): string {
  const time = `${new Date(ms).toISOString().slice(11, 16)} UTC`;
  return dayOf(ms) === dayOf(now) ? time : `${dayOf(ms)} ${time}`;
}
