import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LedgerRow, newLedgerRow } from '../../core/ledger.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { ItemChange, ItemStore } from '../../core/ports/item-store.ts';
import { LocalEmbedder } from '../../processors/embed/local/local-embedder.ts';
import { openSqliteStore } from '../../sinks/sqlite/sqlite-store.ts';
import { createSearch, type Search } from '../hybrid.ts';

const LIMIT = 10;

interface Quality {
  readonly hitAt3: number;
  readonly mrr: number;
}

interface Judgements {
  readonly floors: {
    readonly hybrid: { readonly meaning: Quality; readonly word: Quality };
    readonly text: { readonly word: Quality };
  };
  readonly items: readonly { readonly id: string; readonly title: string; readonly body: string }[];
  readonly queries: readonly { readonly query: string; readonly by: string; readonly expected: readonly string[] }[];
}

const judgements = JSON.parse(readFileSync(new URL('./judgements.json', import.meta.url), 'utf8')) as Judgements;

let folder: string;
let store: ItemStore;
let embedder: Embedder;

const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log };
const telemetry = { log, metrics: { count: nothing, gauge: nothing, observe: nothing } };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hoardarr-relevance-'));
  store = await openSqliteStore({ file: join(folder, 'store.db') });
  const clock = { now: () => 0, elapsed: () => 0, sleep: async () => undefined };
  embedder = new LocalEmbedder({ clock, random: () => 0.5, telemetry });
  const texts = judgements.items.map(({ title, body }) => `${title}\n${body}`);
  const results = await embedder.embed(texts);
  const items: ItemChange[] = judgements.items.map(({ id, title, body }, i) => {
    const result = results[i];
    if (result === undefined || !('vector' in result)) throw new Error(`no vector for ${id}`);
    const row: LedgerRow = { ...newLedgerRow(id), state: 'active', content: 'full', textHash: id, vectorHash: id };
    const url = `https://www.example.org/${id}`;
    const rest = { author: null, savedAt: null, createdAt: null, thumbnailUrl: null, extra: '{}', payload: null };
    const bytes = new Uint8Array(result.vector.buffer, result.vector.byteOffset, result.vector.byteLength);
    const vector = { model: embedder.model, dimensions: embedder.dimensions, bytes };
    return { scope: 'tiktok/me/favorites', row, content: { url, title, body, ...rest }, vector };
  });
  const change = {
    scopes: [],
    accounts: [],
    runs: [],
    history: [],
    events: [],
    outbox: [],
    chunks: [],
    discardChunks: [],
  };
  const expected = await store.progress(0);
  await store.commit({ ...change, partition: 0, expected, position: 0, nextOffset: 1, items });
});

afterAll(async () => {
  await store.close();
  await embedder.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Share of queries with an expected item among the first three, and mean of 1 / rank of the first expected one. */
async function qualityOf(search: Search, mode: 'hybrid' | 'text', by: string): Promise<Quality> {
  const queries = judgements.queries.filter((query) => query.by === by);
  let hits = 0;
  let reciprocals = 0;
  for (const { query, expected } of queries) {
    const answer = await search({ query, filter: {}, limit: LIMIT });
    expect([query, answer.mode]).toEqual([query, mode]);
    const ids = answer.hits.map(({ itemId }) => itemId);
    const rank = ids.findIndex((id) => expected.includes(id));
    if (rank >= 0 && rank < 3) hits += 1;
    else
      process.stderr.write(
        `relevance, ${mode}: "${query}" gave ${ids.slice(0, 3).join(', ')}, not ${expected.join(', ')}\n`,
      );
    if (rank >= 0) reciprocals += 1 / (rank + 1);
  }
  const quality = { hitAt3: hits / queries.length, mrr: reciprocals / queries.length };
  process.stderr.write(
    `relevance, ${mode}, by ${by}: hit@3 ${quality.hitAt3.toFixed(3)}, MRR ${quality.mrr.toFixed(3)}\n`,
  );
  return quality;
}

function expectAtLeast(quality: Quality, floor: Quality): void {
  expect(quality.hitAt3).toBeGreaterThanOrEqual(floor.hitAt3);
  expect(quality.mrr).toBeGreaterThanOrEqual(floor.mrr);
}

describe('search over items that were judged beforehand, with the local embedder', () => {
  const { floors } = judgements;
  const hybrid = () => createSearch({ store, embedder: async () => embedder });

  it('finds by meaning', async () => {
    expectAtLeast(await qualityOf(hybrid(), 'hybrid', 'meaning'), floors.hybrid.meaning);
  });

  it('finds by word', async () => {
    expectAtLeast(await qualityOf(hybrid(), 'hybrid', 'word'), floors.hybrid.word);
  });

  it('finds by word without an embedder', async () => {
    expectAtLeast(
      await qualityOf(createSearch({ store, embedder: async () => null }), 'text', 'word'),
      floors.text.word,
    );
  });
});
