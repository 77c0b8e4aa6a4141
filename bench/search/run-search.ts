import type { Embedder } from '../../core/ports/embedder.ts';
import { createSearch } from '../../search/hybrid.ts';
import { openSqliteStore } from '../../sinks/sqlite/sqlite-store.ts';
import { sampleItems } from '../sample-items.ts';
import { sampleQuery } from '../sample-query.ts';
import { SEED_TEXT_BYTES } from '../seed-store.ts';
import { filesOf } from '../stack.ts';
import { DIMENSIONS, FIRST_QUERY, HITS, MODEL } from './collection.ts';
import { Mixture } from './mixture.ts';

export interface SearchInput {
  readonly dataDir: string;
  readonly queries: number;
}

export interface SearchOutcome {
  /** the whole search, by words and by vectors, in one answer */
  readonly hybridMs: readonly number[];
  readonly textMs: readonly number[];
  readonly vectorMs: readonly number[];
  /** ids of the nearest of each query, as the store finds them */
  readonly nearest: readonly (readonly string[])[];
}

const WORDS = 3;
/** As far as search/hybrid.ts reads each ranking. */
const DEPTH = 30;

/** Searches as a person would: words, whose vector is at hand. */
export async function runSearch({ dataDir, queries }: SearchInput): Promise<SearchOutcome> {
  const store = await openSqliteStore({ file: filesOf(dataDir).store });
  const mixture = new Mixture(DIMENSIONS);
  const itemAt = sampleItems(SEED_TEXT_BYTES);
  const vectors = new Map<string, Float32Array>();
  const search = createSearch({ store, embedder: async () => embedderOf(vectors) });
  const questions = Array.from({ length: queries }, (_, query) => {
    const text = `${sampleQuery(itemAt(query * 7).document.body ?? '', query, WORDS)} ${query}`;
    const vector = mixture.vector(FIRST_QUERY + query);
    vectors.set(text, vector);
    return { text, vector };
  });
  const outcome = { hybridMs: [] as number[], textMs: [] as number[], vectorMs: [] as number[] };
  const nearest: string[][] = [];
  for (const { text, vector } of questions) {
    outcome.hybridMs.push(await timed(() => search({ query: text, filter: {}, limit: HITS })));
    outcome.textMs.push(await timed(() => store.searchText(text, {}, DEPTH)));
    outcome.vectorMs.push(
      await timed(async () => {
        const hits = await store.searchVectors(vector, MODEL, {}, DEPTH);
        nearest.push(hits.slice(0, HITS).map(({ itemId }) => itemId));
      }),
    );
  }
  await store.close();
  return { ...outcome, nearest };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

function embedderOf(vectors: ReadonlyMap<string, Float32Array>): Embedder {
  return {
    name: 'bench',
    model: MODEL,
    dimensions: DIMENSIONS,
    batchTexts: 1,
    concurrency: 1,
    embed: async (texts) =>
      texts.map((text) => ({ vector: vectors.get(text) ?? new Float32Array(DIMENSIONS), tokens: 1, truncated: false })),
    close: async () => undefined,
  };
}
