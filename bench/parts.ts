/** What benchmarks do in processes of their own, so that memory and caches of one measurement are not those of another. */
export const PARTS = {
  'pipeline run': async () => (await import('./pipeline/run-pipeline.ts')).runPipeline,
  'pipeline floor': async () => (await import('./pipeline/write-floor.ts')).writeFloor,
  'reconcile seed': async () => (await import('./reconcile/seed-scope.ts')).seedScope,
  'reconcile run': async () => (await import('./reconcile/run-reconcile.ts')).runReconcile,
  'reconcile floor': async () => (await import('./reconcile/set-difference.ts')).setDifference,
  'embed server': async () => (await import('./embed/serve.ts')).serve,
  'embed append': async () => (await import('./embed/append-texts.ts')).appendTexts,
  'embed run': async () => (await import('./embed/run-embed.ts')).runEmbed,
  'search seed': async () => (await import('./search/seed-vectors.ts')).seedVectors,
  'search run': async () => (await import('./search/run-search.ts')).runSearch,
  'search floor': async () => (await import('./search/scan-floats.ts')).scanFloats,
  'rebuild run': async () => (await import('./rebuild/run-rebuild.ts')).runRebuild,
  'sync run': async () => (await import('./sync/run-sync.ts')).runSync,
  'sync floor': async () => (await import('./sync/walk-pages.ts')).walkPages,
  'rebuild floor': async () => (await import('./rebuild/write-rows.ts')).writeRows,
} as const;
