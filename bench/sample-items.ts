import { documentHash } from '../core/document-hash.ts';
import type { ProviderItem } from '../core/ports/provider.ts';
import { seededRandom } from './seeded-random.ts';

const FIRST_SAVED_AT = Date.UTC(2020, 0, 1);
const VOCABULARY_WORDS = 20_000;
const HALVES = 1_024;
const SYLLABLES = [
  'ba',
  'ce',
  'di',
  'fo',
  'gu',
  'ka',
  'le',
  'mi',
  'no',
  'pu',
  'ra',
  'se',
  'ti',
  'vo',
  'zu',
  'sha',
  'tre',
  'plo',
];
const ID_BASE = 7_000_000_000_000_000_000n;
const ID_STEP = 2_654_435_761n;
const ID_SPACE = 1n << 40n;

/** The id of an item, distinct for each number below 2^40; ids of neighbours lie far from each other, as of real lists. */
export function sampleId(n: number): string {
  return String(ID_BASE + ((BigInt(n) * ID_STEP) % ID_SPACE));
}

function sampleSavedAt(n: number): number {
  return FIRST_SAVED_AT + n * 1_000;
}

/** Makes items of invented words whose vectorization texts have about `textBytes` bytes and all differ. */
export function sampleItems(textBytes: number): (n: number) => ProviderItem {
  const halves = sampleTexts(Math.max(8, Math.floor(textBytes / 2) - 16));
  return (n) => {
    const itemId = sampleId(n);
    const title = `number ${n}`;
    const body = `${halves[n % HALVES] ?? ''} ${halves[Math.floor(n / HALVES) % HALVES] ?? ''}`;
    const document = {
      url: `https://www.tiktok.com/@someone/video/${itemId}`,
      title,
      author: 'someone',
      body,
      savedAt: sampleSavedAt(n),
      createdAt: null,
      thumbnailUrl: null,
      extra: '{"source":"export"}',
    };
    return {
      itemId,
      sighting: true,
      content: 'full',
      document,
      text: `${title}\n${body}`,
      truncated: false,
      documentHash: documentHash(document, { thumbnail: true }),
      payload: JSON.stringify({ Date: sampleSavedAt(n), Link: document.url }),
    };
  };
}

/** Texts of invented words; as in real text, few words are frequent and many are rare. */
function sampleTexts(bytes: number): readonly string[] {
  const random = seededRandom(1);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const word = (): string => Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(SYLLABLES)).join('');
  const vocabulary = Array.from({ length: VOCABULARY_WORDS }, word);
  return Array.from({ length: HALVES }, () => {
    let text = '';
    while (text.length < bytes) text += `${vocabulary[Math.floor(VOCABULARY_WORDS ** random()) - 1] ?? ''} `;
    return text.slice(0, bytes).trim();
  });
}
