/**
 * Counts and cuts by the tokens of OpenAI's embedding models (cl100k_base).
 *
 * The tokenizer takes time quadratic in the length of a run without breaks (50,000 letters: seconds), so a text is given to
 * it in pieces. A piece ends before a space between two other characters, where tokens always end too, so that the count is
 * exact; where there is no such place the count may be off by a token, and says so.
 */
export interface Tokenizer {
  count(text: string): TokenCount;
  /** The longest beginning that ends between two tokens, and has at most `limit`. */
  cut(text: string, limit: number): string;
}

export interface TokenCount {
  readonly tokens: number;
  /** false where a run was so long that it was counted in parts */
  readonly exact: boolean;
}

const PIECE_CHARS = 512;

let loaded: Promise<Tokenizer> | undefined;

/** Loads the encoding, some 40 MB, at the first call. */
export function loadTokenizer(): Promise<Tokenizer> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Tokenizer> {
  const [{ countTokens, encode }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/encoding/cl100k_base'),
    import('gpt-tokenizer/bpeRanks/cl100k_base'),
  ]);
  // By default the tokenizer refuses texts that contain the likes of <|endoftext|>; to the API they are plain text.
  const options = { disallowedSpecial: new Set<string>() };
  const bytesOf = (token: number): number => {
    const bytes = ranks[token];
    return typeof bytes === 'string' ? Buffer.byteLength(bytes) : (bytes?.length ?? 0);
  };
  return {
    count(text) {
      let tokens = 0;
      let exact = true;
      for (const piece of pieces(text)) {
        tokens += countTokens(piece.text, options);
        exact &&= piece.exact;
      }
      return { tokens, exact };
    },
    cut(text, limit) {
      let tokens = 0;
      let start = 0;
      for (const piece of pieces(text)) {
        const encoded = encode(piece.text, options);
        if (tokens + encoded.length > limit) {
          return text.slice(0, start) + beginning(piece.text, encoded.slice(0, limit - tokens).map(bytesOf));
        }
        tokens += encoded.length;
        start += piece.text.length;
      }
      return text;
    },
  };
}

/** As many whole characters as tokens of these lengths, in bytes, cover; a token may end inside a character. */
function beginning(text: string, lengths: readonly number[]): string {
  const bytes = Buffer.from(text, 'utf8');
  let end = lengths.reduce((sum, length) => sum + length, 0);
  for (let i = lengths.length; i > 0 && isInsideCharacter(bytes, end); i -= 1) end -= lengths[i - 1] ?? 0;
  return bytes.toString('utf8', 0, end);
}

function isInsideCharacter(bytes: Buffer, index: number): boolean {
  return ((bytes[index] ?? 0) & 0xc0) === 0x80;
}

function* pieces(text: string): Generator<{ readonly text: string; readonly exact: boolean }> {
  let start = 0;
  while (text.length - start > PIECE_CHARS) {
    let end = start + PIECE_CHARS;
    while (end > start && !isBreak(text, end)) end -= 1;
    const exact = end > start;
    if (!exact) {
      end = start + PIECE_CHARS;
      if (isLowSurrogate(text.charCodeAt(end))) end -= 1;
    }
    yield { text: text.slice(start, end), exact };
    start = end;
  }
  yield { text: text.slice(start), exact: true };
}

function isBreak(text: string, index: number): boolean {
  return text[index] === ' ' && !isSpace(text.charCodeAt(index - 1)) && !isSpace(text.charCodeAt(index + 1));
}

/** Generous: whatever might be white space to the tokenizer. */
function isSpace(code: number): boolean {
  return code <= 0x20 || (code >= 0x80 && /\s/u.test(String.fromCharCode(code)));
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
