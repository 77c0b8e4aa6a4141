import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Embedder, EmbedResult } from '../../core/ports/embedder.ts';

export interface EmbedderSubject {
  readonly make: () => Promise<Embedder>;
  /** Whether a text without any word of its language still gets a vector. */
  readonly embedsSymbols: boolean;
}

/** What every embedder owes the processor; see core/ports/embedder.ts. Call it within a `describe`. */
export function describeEmbedder({ make, embedsSymbols }: EmbedderSubject): void {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await make();
  });
  afterAll(() => embedder.close());

  it('gives each text a vector of its dimensions, in the order of the texts', async () => {
    const texts = ['a cat sat on the mat', 'compilers for beginners', 'fresh bread from the oven'];
    const together = (await embedder.embed(texts)).map(vectorOf);
    for (const [index, text] of texts.entries()) {
      const [alone] = (await embedder.embed([text])).map(vectorOf);
      expect(together[index]).toHaveLength(embedder.dimensions);
      expect(together[index]).toEqual(alone);
      expect(together[index]?.every(Number.isFinite)).toBe(true);
    }
    expect(new Set(together.map(String)).size).toBe(texts.length);
  });

  it('gives the same text the same bytes, whoever its neighbours are', async () => {
    const text = 'sourdough needs time and patience';
    const [alone] = (await embedder.embed([text])).map(vectorOf);
    const others = Array.from({ length: 9 }, (_, index) => `neighbour number ${index} says ${'hello '.repeat(index)}`);
    const among = (await embedder.embed([...others, text])).map(vectorOf);
    expect(Buffer.from(among.at(-1)!.slice().buffer)).toEqual(Buffer.from(alone!.slice().buffer));
  });

  it('puts similar texts nearer to each other than others', async () => {
    const results = await embedder.embed([
      'how to bake sourdough bread at home',
      'bake your own bread at home with sourdough',
      'football world cup final highlights',
    ]);
    const [bread, otherBread, football] = results.map(vectorOf);
    expect(similarity(bread!, otherBread!)).toBeGreaterThan(similarity(bread!, football!) + 0.1);
  });

  it('takes more texts than fill one batch', async () => {
    const texts = Array.from({ length: embedder.batchTexts + 3 }, (_, index) => `text ${index}`);
    const results = await embedder.embed(texts);
    expect(results).toHaveLength(texts.length);
    const [first] = (await embedder.embed(['text 0'])).map(vectorOf);
    const [last] = (await embedder.embed([texts.at(-1)!])).map(vectorOf);
    expect(vectorOf(results[0]!)).toEqual(first);
    expect(vectorOf(results.at(-1)!)).toEqual(last);
  });

  it('answers nothing with nothing', async () => {
    expect(await embedder.embed([])).toEqual([]);
  });

  it('refuses a text without content for good, and embeds its neighbours', async () => {
    const [before, empty, blank, after] = await embedder.embed(['before', '', ' \n\t', 'after']);
    expect(empty).toMatchObject({ permanent: true });
    expect(blank).toMatchObject({ permanent: true });
    expect(vectorOf(before!)).toHaveLength(embedder.dimensions);
    expect(vectorOf(after!)).toHaveLength(embedder.dimensions);
  });

  it('takes a text of any length', async () => {
    const [long] = await embedder.embed(['a long story about a walk in the woods '.repeat(25_000)]);
    expect(vectorOf(long!)).toHaveLength(embedder.dimensions);
  });

  it('takes whatever people write', async () => {
    const texts = [
      'lone \ud800 surrogate',
      'null \u0000 byte',
      'a <|endoftext|> b',
      'naïve café',
      'שלום עולם',
      '日本語のテキスト',
    ];
    for (const result of await embedder.embed(texts)) expect(vectorOf(result)).toHaveLength(embedder.dimensions);
    const [symbols] = await embedder.embed(['!!! ???']);
    if (embedsSymbols) expect(vectorOf(symbols!)).toHaveLength(embedder.dimensions);
    else expect(symbols).toMatchObject({ permanent: true });
  });

  it('keeps the results of concurrent calls apart', async () => {
    const calls = Array.from({ length: 5 }, (_, index) => embedder.embed([`concurrent call ${index}`]));
    const results = (await Promise.all(calls)).map(([result]) => vectorOf(result!));
    for (const [index, vector] of results.entries()) {
      expect(vector).toEqual(vectorOf((await embedder.embed([`concurrent call ${index}`]))[0]!));
    }
  });

  it('counts tokens', async () => {
    const [short, long] = await embedder.embed(['word', 'quite a few words more than in the other text']);
    expect(tokensOf(short!)).toBeGreaterThan(0);
    expect(tokensOf(long!)).toBeGreaterThan(tokensOf(short!));
  });

  it('rejects with the reason of an abort, before and in the middle', async () => {
    const reason = new Error('enough');
    await expect(embedder.embed(['text'], AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const many = embedder.embed(
      Array.from({ length: 2_000 }, (_, index) => `abandoned ${index}`),
      abort.signal,
    );
    abort.abort(reason);
    // Who is quicker than the abort may answer.
    const outcome: unknown = await many.catch((error: unknown) => error);
    expect(Array.isArray(outcome) || outcome === reason).toBe(true);
  });

  it('can be closed twice', async () => {
    const other = await make();
    await other.close();
    await expect(other.close()).resolves.toBeUndefined();
  });
}

function vectorOf(result: EmbedResult): Float32Array {
  if ('error' in result) throw new Error(`no vector: ${result.error}`);
  return result.vector;
}

function tokensOf(result: EmbedResult): number {
  return 'error' in result ? 0 : result.tokens;
}

function similarity(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
