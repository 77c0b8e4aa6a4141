import type { Mutant } from './mutant.ts';

/** When an account is synced in full: the plan's own trap was a count that the full sync which it led to set back. */
export const CADENCE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a full sync begins the count anew',
    law: null,
    file: 'producers/run.ts',
    text: 'syncCount: metadata.syncCount + 1,',
    replacement: "syncCount: this.options.mode === 'full' ? 0 : metadata.syncCount + 1,",
  },
  {
    name: 'a sync that failed is counted',
    law: null,
    file: 'producers/run.ts',
    text: 'const isSync = !uncounted && ',
    replacement: 'const isSync = ',
    also: { text: 'uncounted = undone !== undefined', replacement: 'uncounted: _uncounted = undone !== undefined' },
  },
  {
    name: 'only the age of the last full sync counts',
    law: null,
    file: 'producers/sync/cadence.ts',
    text: "return (syncCount + 1) % cadence.fullEvery === 0 ? 'full' : 'delta';",
    replacement: "return 'delta';",
  },
  {
    name: 'the age of the last full sync does not count',
    law: null,
    file: 'producers/sync/cadence.ts',
    text: 'lastFullReconciliation === null || now - lastFullReconciliation >= cadence.fullAfterMs',
    replacement: 'lastFullReconciliation === null',
  },
];
