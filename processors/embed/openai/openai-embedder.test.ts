import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../app/clock.ts';
import { EmbedderUnavailableError } from '../../../core/errors.ts';
import type { EmbedResult } from '../../../core/ports/embedder.ts';
import { describeEmbedder } from '../../../testing/contracts/embedder.ts';
import { FakeOpenAi, type FakeOpenAiOptions, type Fault } from '../../../testing/fake-openai/fake-openai.ts';
import { RecordingTelemetry } from '../../../testing/recording-telemetry.ts';
import { hashText } from '../hash/hash-embedder.ts';
import { OpenAiEmbedder, type OpenAiOptions } from './openai-embedder.ts';

const running: FakeOpenAi[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

/** Waits that were asked for, in ms, instead of waiting. */
async function connect(server: FakeOpenAiOptions = {}, options: OpenAiOptions = {}) {
  const fake = await FakeOpenAi.start(server);
  running.push(fake);
  const telemetry = new RecordingTelemetry();
  const waits: number[] = [];
  let now = 1_000;
  const clock = {
    now: () => now,
    elapsed: () => now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      waits.push(ms);
      now += ms;
      await systemClock.sleep(0, signal);
    },
  };
  const deps = { clock, random: () => 0.5, telemetry };
  const embedder = new OpenAiEmbedder({ baseUrl: fake.url, apiKey: 'sk-invented', ...options }, deps);
  return { fake, embedder, telemetry, waits };
}

const numbered = (count: number, prefix = 'text'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix} ${i}`);

const kinds = (results: readonly EmbedResult[]): string[] =>
  results.map((result) => ('vector' in result ? 'vector' : result.permanent ? 'refused' : 'later'));

function expectVectors(results: readonly EmbedResult[], texts: readonly string[], dimensions = 1_536): void {
  expect(results).toHaveLength(texts.length);
  // As bytes, because Jest takes long to compare numbers.
  const differing = texts.filter((text, index) => {
    const result = results[index];
    return result === undefined || !('vector' in result) || !same(result.vector, hashText(text, dimensions).vector);
  });
  expect(differing).toEqual([]);
}

const same = (a: Float32Array, b: Float32Array): boolean => Buffer.from(a.slice().buffer).equals(Buffer.from(b.buffer));

describe('openai embedder', () => {
  for (const floatsOnly of [false, true]) {
    describe(`against a server that answers with ${floatsOnly ? 'numbers' : 'base64'}`, () => {
      let fake: FakeOpenAi | undefined;
      afterEach(() => {
        fake?.resetStats();
      });
      describeEmbedder({
        make: async () => {
          fake ??= await FakeOpenAi.start({ floatsOnly, apiKey: 'sk-invented', dimensions: 64 });
          const deps = { clock: systemClock, random: () => 0, telemetry: new RecordingTelemetry() };
          return new OpenAiEmbedder({ baseUrl: fake.url, apiKey: 'sk-invented', dimensions: 64 }, deps);
        },
        embedsSymbols: true,
      });
      it('stops', async () => {
        await fake?.stop();
      });
    });
  }

  describe('packing', () => {
    it('fills requests by count', async () => {
      const { embedder, fake } = await connect();
      const texts = numbered(5_000);
      expectVectors(await embedder.embed(texts), texts);
      expect([...fake.stats.batches].toSorted((a, b) => a - b)).toEqual([904, 2_048, 2_048]);
    });

    it('fills requests by tokens, counted where bytes do not settle it', async () => {
      const { embedder, fake } = await connect();
      const texts = numbered(320, 'word '.repeat(999));
      await embedder.embed(texts);
      // About 1,002 tokens each: at most 299 fit. By bytes it would have been 60.
      expect(fake.stats.requests).toBe(2);
      expect(Math.max(...fake.stats.batches)).toBeGreaterThan(290);
    });

    it('cuts a long text on a token boundary, and marks it', async () => {
      const { embedder } = await connect();
      const texts = ['tokenization '.repeat(9_000), '👩‍👩‍👧‍👦'.repeat(3_000), '日本語'.repeat(9_000), 'short'];
      const results = await embedder.embed(texts);
      expect(results.map((result) => 'vector' in result && result.truncated)).toEqual([true, true, true, false]);
    });

    it('keeps a text whole that has many bytes and few tokens', async () => {
      const { embedder } = await connect();
      const text = 'international '.repeat(4_000);
      expectVectors(await embedder.embed([text]), [text]);
    });

    it('shares the server’s token count out by length', async () => {
      const { embedder, fake } = await connect();
      const results = await embedder.embed(numbered(10));
      const sum = results.reduce((total, result) => total + ('vector' in result ? result.tokens : 0), 0);
      expect(sum).toBe(fake.stats.tokens);
    });

    it('has several requests in flight, and no more than allowed', async () => {
      const { embedder, fake } = await connect({ latencyMs: 50, dimensions: 8 }, { dimensions: 8, concurrency: 3 });
      const texts = numbered(2_048 * 5);
      expectVectors(await embedder.embed(texts), texts, 8);
      expect(fake.stats.mostInFlight).toBe(3);
    });
  });

  describe('retries', () => {
    const passing: readonly (readonly [string, Fault])[] = [
      ['a 429', { status: 429 }],
      ['a 503', { status: 503 }],
      ['a 500', { status: 500 }],
      ['a refused connection', 'refuse'],
      ['an answer cut off', 'cut'],
      ['a page for people', 'html'],
      ['an answer with a vector missing', 'one-too-few'],
      ['an answer with NaN in it', 'not-finite'],
    ];
    it.each(passing)('%s', async (_name, fault) => {
      const { embedder, fake, waits } = await connect();
      fake.failNext(fault, fault, fault);
      expectVectors(await embedder.embed(['a', 'b']), ['a', 'b']);
      expect(fake.stats.requests).toBe(4);
      expect(waits).toEqual([250, 500, 1_000]);
    });

    it('waits as long as the server says, for all requests', async () => {
      const { embedder, fake, waits } = await connect();
      fake.failNext(
        { status: 429, headers: { 'retry-after': '7' } },
        { status: 429, headers: { 'retry-after-ms': '30' } },
      );
      await embedder.embed(['a']);
      expect(waits).toEqual([7_000, 30]);
    });

    it('reads a date against the server’s own clock', async () => {
      const { embedder, fake, waits } = await connect();
      const [date, then] = [new Date(5_000_000), new Date(5_009_000)];
      fake.failNext({ status: 503, headers: { date: date.toUTCString(), 'retry-after': then.toUTCString() } });
      await embedder.embed(['a']);
      expect(waits).toEqual([9_000]);
    });

    it('gives up after three, and is unavailable', async () => {
      const { embedder, fake } = await connect();
      fake.failAll({ status: 503 });
      await expect(embedder.embed(['a'])).rejects.toBeInstanceOf(EmbedderUnavailableError);
      expect(fake.stats.requests).toBe(4);
    });

    it('does not wait for minutes, but says for how long', async () => {
      const { embedder, fake } = await connect();
      fake.failAll({ status: 429, headers: { 'retry-after': '3600' } });
      await expect(embedder.embed(['a'])).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
      expect(fake.stats.requests).toBe(1);
    });

    it('does not wait for ever for an answer', async () => {
      const { embedder, fake } = await connect({}, { timeoutMs: 50 });
      fake.failAll('hang');
      await expect(embedder.embed(['a'])).rejects.toThrow('no answer within 50 ms');
      // The server learns of it a little later.
      while (fake.stats.abandoned < 4) await systemClock.sleep(5);
      expect(fake.stats.requests).toBe(4);
    });

    it('keeps what was embedded when a later request fails', async () => {
      const { embedder, fake } = await connect({}, { concurrency: 1 });
      const down = { status: 503 };
      fake.failNext(null, down, down, down, down);
      const results = kinds(await embedder.embed(numbered(2_050)));
      expect(new Set(results.slice(0, 2_048))).toEqual(new Set(['vector']));
      expect(results.slice(2_048)).toEqual(['later', 'later']);
    });
  });

  describe('refusals', () => {
    it('isolates the poison texts of a request', async () => {
      const { embedder, fake } = await connect({ poison: ['arsenic'] });
      const texts = numbered(1_000);
      texts[3] = 'arsenic and old lace';
      texts[777] = 'more arsenic';
      const results = await embedder.embed(texts);
      expect(kinds(results).flatMap((kind, index) => (kind === 'vector' ? [] : [[index, kind]]))).toEqual([
        [3, 'refused'],
        [777, 'refused'],
      ]);
      expect(fake.stats.requests).toBeLessThan(45);
    });

    it('isolates a text over which the server breaks down', async () => {
      const { embedder } = await connect({ crashing: ['segfault'] });
      const results = await embedder.embed(['a', 'b', 'segfault', 'd']);
      expect(kinds(results)).toEqual(['vector', 'vector', 'refused', 'vector']);
    });

    it('is unavailable, not full of poison, where every text is refused', async () => {
      const { embedder, fake } = await connect();
      fake.failAll({ status: 400, message: 'this model has no dimensions parameter' });
      await expect(embedder.embed(numbered(100))).rejects.toThrow(
        /no dimensions parameter.*OPENAI_EMBEDDING_DIMENSIONS/,
      );
      expect(fake.stats.requests).toBe(2);
    });

    it('learns how many texts a small server takes', async () => {
      const { embedder, fake } = await connect({ limits: { texts: 32 } });
      const texts = numbered(256);
      expectVectors(await embedder.embed(texts), texts);
      fake.resetStats();
      expectVectors(await embedder.embed(texts), texts);
      expect(fake.stats.batches).toEqual(Array.from({ length: 8 }, () => 32));
    });

    it('cuts a text to what a small model takes', async () => {
      const { embedder } = await connect({ limits: { tokensPerText: 512 } });
      const [long, short] = await embedder.embed(['word '.repeat(3_000), 'short']);
      expect(long).toMatchObject({ truncated: true });
      expect(short).toMatchObject({ truncated: false });
    });

    it('falls back to numbers where base64 is refused', async () => {
      const { embedder, fake } = await connect();
      fake.failNext({ status: 400, message: "unknown field 'encoding_format'" });
      expectVectors(await embedder.embed(['a']), ['a']);
    });

    const settings: readonly (readonly [string, Fault, RegExp])[] = [
      ['a wrong key', { status: 401, message: 'Incorrect key sk-invented' }, /OPENAI_API_KEY/],
      ['a key without permission', { status: 403 }, /OPENAI_API_KEY/],
      ['an unknown model', { status: 404 }, /OPENAI_EMBEDDING_MODEL/],
      ['a spent quota', { status: 429, code: 'insufficient_quota' }, /quota/],
      ['other dimensions', 'other-dimensions', /OPENAI_EMBEDDING_DIMENSIONS/],
    ];
    it.each(settings)('says what to do about %s, at once and without the key', async (_name, fault, advice) => {
      const { embedder, fake, telemetry } = await connect();
      fake.failAll(fault);
      const error: unknown = await embedder.embed(['a', 'b']).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(EmbedderUnavailableError);
      expect(String(error)).toMatch(advice);
      expect(String(error) + JSON.stringify(telemetry.lines)).not.toContain('sk-invented');
      expect(fake.stats.requests).toBe(1);
    });
  });

  it('learns the dimensions of a model that it does not know', async () => {
    const { embedder } = await connect({ dimensions: 33 }, { model: 'nomic-embed-text' });
    expect(embedder.dimensions).toBe(0);
    await embedder.embed(['a']);
    expect(embedder.dimensions).toBe(33);
  });

  it('abandons what is in flight when it is aborted', async () => {
    const { embedder, fake } = await connect();
    fake.failAll('hang');
    const abort = new AbortController();
    const embedding = embedder.embed(numbered(10_000), abort.signal);
    const reason = new Error('enough');
    embedding.catch(() => {}); // looked at below
    while (fake.stats.requests < 4) await systemClock.sleep(5);
    abort.abort(reason);
    await expect(embedding).rejects.toBe(reason);
    expect(fake.stats.requests).toBe(4);
  });

  it('counts requests and tokens', async () => {
    const { embedder, fake, telemetry } = await connect();
    fake.failNext({ status: 503 });
    await embedder.embed(['one two three']);
    expect(telemetry.counts.get('hoardarr_embedding_requests')).toBe(2);
    expect(telemetry.counts.get('hoardarr_embedding_tokens')).toBe(3);
  });
});
