import { OPENAI_URL } from './openai-url.ts';

/**
 * US dollars for a million tokens, standard tier, as https://developers.openai.com/api/docs/models had them in July 2026 (and as
 * they have been since January 2024).
 */
const USD_PER_MILLION_TOKENS: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 0.02,
  'text-embedding-3-large': 0.13,
  'text-embedding-ada-002': 0.1,
};
/** Of OpenAI's own the cheapest, where none is configured. */
export const DEFAULT_MODEL = 'text-embedding-3-small';
const MILLION = 1_000_000;

/** US dollars for one token; null where that is not known, as of any server but OpenAI's own. */
export function usdPerToken(model: string, baseUrl: string = OPENAI_URL): number | null {
  const price = USD_PER_MILLION_TOKENS[model];
  const isOpenAi = URL.canParse(baseUrl) && new URL(baseUrl).host === new URL(OPENAI_URL).host;
  return price === undefined || !isOpenAi ? null : price / MILLION;
}
