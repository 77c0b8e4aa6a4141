import { openSqliteStore } from '../../sinks/sqlite/sqlite-store.ts';
import { sampleItems } from '../sample-items.ts';
import { filesOf } from '../stack.ts';
import { DIMENSIONS, FIRST_QUERY, HITS, MODEL } from './collection.ts';
import { Mixture } from './mixture.ts';

export interface SearchInput {
  readonly dataDir: string;
  readonly queries: number;
}

export interface SearchOutcome {
  readonly textMs: readonly number[];
  readonly vectorMs: readonly number[];
  readonly hybridMs: readonly number[];
  /** ids of the nearest of each query, as the store finds them */
  readonly nearest: readonly (readonly string[])[];
}

const TEXT_BYTES = 256;
const WORDS = 3;

/** Searches by words and by vectors. */
export async function runSearch({ dataDir, queries }: SearchInput): Promise<SearchOutcome> {
  const store = await openSqliteStore({ file: filesOf(dataDir).store });
  const mixture = new Mixture(DIMENSIONS);
  const itemAt = sampleItems(TEXT_BYTES);
  const outcome = {
    textMs: [] as number[],
    vectorMs: [] as number[],
    hybridMs: [] as number[],
    nearest: [] as string[][],
  };
  for (let query = 0; query < queries; query++) {
    const vector = mixture.vector(FIRST_QUERY + query);
    const text = wordsOf(itemAt(query * 7).document.body ?? '', query);
    const since = performance.now();
    await store.searchText(text, {}, 100);
    const between = performance.now();
    const hits = await store.searchVectors(vector, MODEL, {}, HITS);
    const end = performance.now();
    outcome.textMs.push(between - since);
    outcome.vectorMs.push(end - between);
    outcome.hybridMs.push(end - since);
    outcome.nearest.push(hits.map(({ itemId }) => itemId));
  }
  await store.close();
  return outcome;
}

/** What a person would type to find a text again. */
function wordsOf(body: string, turn: number): string {
  const words = body.split(' ').filter((word) => word.length > 3);
  return Array.from({ length: WORDS }, (_, i) => words[(turn * 5 + i * 11) % words.length] ?? '').join(' ');
}
