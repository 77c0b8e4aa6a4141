import { setImmediate } from 'node:timers/promises';
import { loadTokenizer } from './tokens.ts';

/** Limits of OpenAI's embeddings endpoint: https://platform.openai.com/docs/api-reference/embeddings/create */
export const LIMITS = { textsPerRequest: 2_048, tokensPerText: 8_192, tokensPerRequest: 300_000 } as const;

/** Where a count is not exact, this share of a limit is used, so that a small error does no harm. */
const INEXACT_SHARE = 0.98;

/** A text on its way into a request. */
export interface Prepared {
  /** place among the texts that were asked for */
  readonly index: number;
  readonly text: string;
  /** at least as many as it has */
  readonly tokens: number;
  readonly counted: boolean;
  readonly truncated: boolean;
}

/**
 * Well-formed, and cut to what the model takes. Short texts are not tokenized: no token is shorter than a byte, so a text
 * has at most as many tokens as bytes.
 */
export async function prepare(text: string, index: number): Promise<Prepared> {
  const wellFormed = replaceLoneSurrogates(text);
  const bytes = Buffer.byteLength(wellFormed);
  if (bytes <= LIMITS.tokensPerText) {
    return { index, text: wellFormed, tokens: bytes, counted: false, truncated: false };
  }
  return shorten({ index, text: wellFormed, tokens: bytes, counted: false, truncated: false }, LIMITS.tokensPerText);
}

/** Cuts the text to the limit, on a token boundary, where it is longer. */
export async function shorten(prepared: Prepared, limit: number): Promise<Prepared> {
  const tokenizer = await loadTokenizer();
  await setImmediate(); // lets others run: a long text takes up to 100 ms
  // A first cut bounds the work for texts of any length.
  let text = tokenizer.cut(prepared.text, limit + 1);
  const first = tokenizer.count(text);
  const target = first.exact ? limit : Math.floor(limit * INEXACT_SHARE);
  let tokens = first.tokens;
  // What was cut on its own may count more tokens than it did within the text, if rarely.
  for (let length = target; tokens > target && length > 0; length -= 1) {
    text = tokenizer.cut(text, length);
    tokens = tokenizer.count(text).tokens;
  }
  return {
    ...prepared,
    text,
    tokens,
    counted: true,
    truncated: prepared.truncated || text.length < prepared.text.length,
  };
}

/** Packs the texts, in order, into as few requests as the limits allow. Tokens are counted only where bytes do not settle it. */
export async function pack(texts: readonly Prepared[], maxTexts: number): Promise<Prepared[][]> {
  const requests: Prepared[][] = [];
  let current: Prepared[] = [];
  let tokens = 0;
  for (const next of texts) {
    let added = next;
    if (tokens + added.tokens > LIMITS.tokensPerRequest) {
      for (const [place, text] of current.entries()) current[place] = await counted(text);
      added = await counted(added);
      tokens = current.reduce((sum, text) => sum + text.tokens, 0);
    }
    if (current.length === maxTexts || tokens + added.tokens > LIMITS.tokensPerRequest) {
      requests.push(current);
      current = [];
      tokens = 0;
    }
    current.push(added);
    tokens += added.tokens;
  }
  if (current.length > 0) requests.push(current);
  return requests;
}

async function counted(prepared: Prepared): Promise<Prepared> {
  if (prepared.counted) return prepared;
  const tokenizer = await loadTokenizer();
  await setImmediate(); // lets others run: a long text takes up to 100 ms
  const { tokens, exact } = tokenizer.count(prepared.text);
  return { ...prepared, tokens: exact ? tokens : Math.ceil(tokens / INEXACT_SHARE), counted: true };
}

/** JSON would carry a lone surrogate as an escape that servers refuse. */
function replaceLoneSurrogates(text: string): string {
  return /\p{Surrogate}/u.test(text) ? Buffer.from(text, 'utf8').toString('utf8') : text;
}
