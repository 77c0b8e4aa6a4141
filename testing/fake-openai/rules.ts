import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base';

/** https://platform.openai.com/docs/api-reference/embeddings/create */
export interface ServerLimits {
  readonly texts: number;
  readonly tokensPerText: number;
  readonly tokensPerRequest: number;
}

/** An error of the API. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly code: string | null;
}

export interface Question {
  readonly model: string;
  readonly texts: readonly string[];
  readonly format: 'base64' | 'float';
  readonly dimensions: number | undefined;
}

const LIMITS: ServerLimits = { texts: 2_048, tokensPerText: 8_192, tokensPerRequest: 300_000 };

const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

/** As OpenAI's embedding models count. */
export function tokensOf(text: string): number {
  return countTokens(text, PLAIN_TEXT);
}

export function readQuestion(body: string): Question | Refusal {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return invalid('We could not parse the JSON body of your request.');
  }
  const { model, input, encoding_format: format = 'float', dimensions } = parsed as Readonly<Record<string, unknown>>;
  if (typeof model !== 'string') return invalid('you must provide a model parameter');
  if (format !== 'float' && format !== 'base64') return invalid("'encoding_format' must be one of base64, float");
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (!texts.every((text) => typeof text === 'string' && text !== '')) return invalid("'$.input' is invalid.");
  return {
    model,
    format,
    texts: texts as readonly string[],
    dimensions: typeof dimensions === 'number' ? dimensions : undefined,
  };
}

/** Why the server does not take the texts; null where it does. */
export function refusalOf(
  texts: readonly string[],
  tokens: readonly number[],
  options: { readonly limits?: Partial<ServerLimits>; readonly poison?: readonly string[] },
): Refusal | null {
  const limits = { ...LIMITS, ...options.limits };
  if (texts.length === 0 || texts.length > limits.texts) return invalid("'$.input' is invalid.");
  const longest = Math.max(...tokens);
  if (longest > limits.tokensPerText) {
    const limit = `This model's maximum context length is ${limits.tokensPerText} tokens`;
    return invalid(`${limit}, however you requested ${longest} tokens (${longest} in your prompt).`);
  }
  const total = tokens.reduce((sum, count) => sum + count, 0);
  if (total > limits.tokensPerRequest) {
    const message = `Requested ${total} tokens, max ${limits.tokensPerRequest} tokens per request`;
    return { status: 400, message, code: 'max_tokens_per_request' };
  }
  const isPoison = texts.some((text) => (options.poison ?? []).some((part) => text.includes(part)));
  return isPoison ? invalid('This text is not allowed.') : null;
}

function invalid(message: string): Refusal {
  return { status: 400, message, code: null };
}
