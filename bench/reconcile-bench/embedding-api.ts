import { hashText } from '../../processors/embed/hash/hash-embedder.ts';
import { refusalOf, tokensOf } from '../../testing/fake-openai/rules.ts';

export const DIMENSIONS = 16;

/** Counting takes longer than everything else, and all contenders embed the same texts. */
const counted = new Map<string, number>();

/** The API that all contenders pay: with OpenAI's limits, faults on demand, and a bill. */
export class EmbeddingApi {
  requests = 0;
  tokens = 0;
  /** texts that were embedded though the very same text had been before */
  again = 0;
  isDown = false;
  readonly #known = new Set<string>();
  #held: Promise<void> | null = null;

  /** The next request gets no answer until what this returns is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise<void>((resolve) => {
      release = resolve;
    });
    return () => {
      this.#held = null;
      release();
    };
  }

  /** One request. Rejects as the API's client does: nothing was embedded then. */
  async embed(texts: readonly string[]): Promise<number[][]> {
    const held = this.#held;
    this.#held = null;
    await held;
    this.requests++;
    if (this.isDown) throw new Error('503: the embedding API is down');
    const tokens = texts.map(countOnce);
    const refusal = refusalOf(texts, tokens, {});
    if (refusal !== null) throw new Error(`${refusal.status}: ${refusal.message}`);
    for (const [place, text] of texts.entries()) {
      this.tokens += tokens[place] ?? 0;
      if (this.#known.has(text)) this.again++;
      this.#known.add(text);
    }
    return texts.map((text) => [...hashText(text, DIMENSIONS).vector]);
  }
}

function countOnce(text: string): number {
  const known = counted.get(text);
  if (known !== undefined) return known;
  const tokens = tokensOf(text);
  counted.set(text, tokens);
  return tokens;
}
