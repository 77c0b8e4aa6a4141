/** Few items are many. */
export const GUARD = { guardItems: 2, guardShare: 0.3 };

/** Nothing is synced but what a history asks for. */
export const QUIET = {
  HOARDARR_SYNC_INTERVAL_SECONDS: '31536000',
  HOARDARR_FULL_AFTER_HOURS: '87600',
  HOARDARR_GUARD_ITEMS: String(GUARD.guardItems),
  HOARDARR_GUARD_SHARE: String(GUARD.guardShare),
};

/** By so much a clock is off, ahead or behind: a history may be longer. */
export const SKEW_MS = 90 * 3_600_000;
