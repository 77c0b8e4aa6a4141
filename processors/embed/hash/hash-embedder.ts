import type { Embedder, EmbedResult } from '../../../core/ports/embedder.ts';
import type { EmbedderDeps } from '../embedder-deps.ts';

const DEFAULT_DIMENSIONS = 512;
const BATCH_TEXTS = 512;

/** Words of at most this length carry little meaning in the languages that we know; they count less. */
const SHORT_WORD_CHARS = 3;
const SHORT_WORD_WEIGHT = 0.25;
const BIGRAM_WEIGHT = 0.5;

// FNV-1a and the finalizer of murmur3: good spread at one multiplication a character.
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The characters that make words: 0 where a word ends, else the character in lower case. */
const FOLDED = foldTable();

function foldTable(): Uint16Array {
  const table = new Uint16Array(65_536);
  for (let code = 0; code < table.length; code += 1) {
    const char = String.fromCharCode(code);
    // Surrogates belong to emoji and rare scripts, which are words of their own.
    const isWord = /[\p{L}\p{N}\p{M}]/u.test(char) || (code >= 0xd800 && code < 0xe000);
    const lower = char.toLowerCase();
    table[code] = isWord ? (lower.length === 1 ? lower.charCodeAt(0) : code) : 0;
  }
  return table;
}

/**
 * For tests and benchmarks only: a vector from hashed words and pairs of words, without any notion of meaning. Texts that
 * share words are near each other. The same text gives the same bytes on every machine.
 *
 * @param dimensions 1 to 65,536, default 512
 */
export function createHashEmbedder(
  deps: Pick<EmbedderDeps, 'telemetry'>,
  dimensions: number = DEFAULT_DIMENSIONS,
): Embedder {
  const { log, metrics } = deps.telemetry;
  log.warn('the hash embedder is for tests and benchmarks: it finds shared words, not meaning');
  return {
    name: 'hash',
    model: `hash-for-tests-${dimensions}`,
    dimensions,
    batchTexts: BATCH_TEXTS,
    concurrency: 1,
    async embed(texts, signal): Promise<readonly EmbedResult[]> {
      signal?.throwIfAborted();
      let tokens = 0;
      const results = texts.map((text): EmbedResult => {
        const { vector, words } = hashText(text, dimensions);
        if (words === 0) return { error: 'the text has no words', permanent: true };
        tokens += words;
        return { vector, tokens: words, truncated: false };
      });
      metrics.count('hoardarr_embedding_requests');
      metrics.count('hoardarr_embedding_tokens', tokens);
      return results;
    },
    close: async () => {},
  };
}

/** The vector, of length 1 unless there are no words, and how many words there are. */
export function hashText(text: string, dimensions: number): { vector: Float32Array; words: number } {
  const vector = new Float32Array(dimensions);
  let words = 0;
  let previous = 0;
  let hash = FNV_OFFSET;
  let length = 0;
  for (let i = 0; i <= text.length; i += 1) {
    const code = i < text.length ? (FOLDED[text.charCodeAt(i)] ?? 0) : 0;
    if (code !== 0) {
      hash = Math.imul(hash ^ code, FNV_PRIME);
      length += 1;
    } else if (length > 0) {
      add(vector, hash, length <= SHORT_WORD_CHARS ? SHORT_WORD_WEIGHT : 1);
      if (words > 0) add(vector, Math.imul(previous, FNV_PRIME) ^ hash, BIGRAM_WEIGHT);
      words += 1;
      previous = hash;
      hash = FNV_OFFSET;
      length = 0;
    }
  }
  normalize(vector);
  return { vector, words };
}

function add(vector: Float32Array, hash: number, weight: number): void {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  // Scaled, not divided: a remainder costs more than all the rest.
  const index = ((mixed >>> 16) * vector.length) >>> 16;
  // The sign comes from another bit, so that collisions cancel out on average.
  vector[index] = (vector[index] ?? 0) + ((mixed & 1) === 0 ? weight : -weight);
}

function normalize(vector: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < vector.length; i += 1) {
    const value = vector[i] ?? 0;
    sum += value * value;
  }
  if (sum === 0) return; // no words
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) * scale;
}
