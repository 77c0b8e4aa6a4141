import { describe, expect, it } from '@jest/globals';
import type { Embedder, EmbedResult } from '../core/ports/embedder.ts';
import { QueryVectors } from './query-vectors.ts';

function embedderOf(
  embed: (text: string) => Promise<EmbedResult>,
  model = 'm',
): Embedder & { readonly asked: string[] } {
  const asked: string[] = [];
  const close = async (): Promise<void> => undefined;
  return {
    asked,
    name: 'test',
    model,
    dimensions: 1,
    batchTexts: 1,
    concurrency: 1,
    close,
    embed: async ([text = '']) => {
      asked.push(text);
      return [await embed(text)];
    },
  };
}

const answer = async (): Promise<EmbedResult> => ({ vector: Float32Array.of(1), tokens: 1, truncated: false });

describe('QueryVectors', () => {
  it('keeps the latest vectors of each model', async () => {
    const [first, second] = [embedderOf(answer), embedderOf(answer, 'other')];
    let present = first;
    const vectors = new QueryVectors({ embedder: async () => present });
    for (let i = 0; i < 100; i++) await vectors.of(`query ${i}`);
    await vectors.of('query 0');
    await vectors.of('query 100');
    expect(first.asked).toHaveLength(101);
    await vectors.of('query 0');
    await vectors.of('query 1');
    expect(first.asked.slice(101)).toEqual(['query 1']);
    present = second;
    expect((await vectors.of('query 0'))?.model).toBe('other');
  });

  it('asks no more for a while after a failure', async () => {
    let now = 0;
    let isDown = true;
    const embedder = embedderOf(async () => (isDown ? { error: 'down', permanent: false } : answer()));
    const vectors = new QueryVectors({ embedder: async () => embedder, clock: { now: () => now } });
    expect(await vectors.of('q')).toBeNull();
    isDown = false;
    now = 1_000;
    expect(await vectors.of('q')).toBeNull();
    expect(embedder.asked).toHaveLength(1);
    now = 60_000;
    expect((await vectors.of('q'))?.vector).toEqual(Float32Array.of(1));
  });

  it('goes on after a query that is never taken', async () => {
    const embedder = embedderOf(async (text) => (text === 'poison' ? { error: 'no', permanent: true } : answer()));
    const vectors = new QueryVectors({ embedder: async () => embedder });
    expect(await vectors.of('poison')).toBeNull();
    expect(await vectors.of('q')).not.toBeNull();
  });

  it('does not wait for an embedder that does not answer', async () => {
    const never = new Promise<never>(() => undefined);
    expect(await new QueryVectors({ embedder: async () => embedderOf(() => never), timeoutMs: 5 }).of('q')).toBeNull();
    expect(await new QueryVectors({ embedder: () => never, timeoutMs: 5 }).of('q')).toBeNull();
  });
});
