import { documentHash } from '../core/document-hash.ts';
import type { Provider, ProviderItem } from '../core/ports/provider.ts';
import type { Document } from '../schemas/generated/records.ts';

/** Of a payload, in UTF-8 (protocol.md, Topics). */
const PAYLOAD_BYTES = 768_000;
/** Of body and text each; the record as a whole stays below 1 MB. */
const TEXT_BYTES = 100_000;
/** Of every other field: no provider has anything as long. */
const FIELD_BYTES = 8_000;

/**
 * An item as its provider showed it, as a raw item. What its author or moderators took away is not kept. `completed` is the
 * same with what took a request of its own: it is stored, and does not count for the hash.
 */
export function toRawItem<Raw>(
  provider: Pick<Provider<Raw, never>, 'itemId' | 'toDocument' | 'vectorizationText' | 'contentOf' | 'volatile'>,
  raw: Raw,
  sighting: boolean,
  completed: Raw = raw,
): ProviderItem {
  const whole = provider.toDocument(completed);
  const shown = withinLimits(whole);
  const content = provider.contentOf(raw);
  const head = { itemId: provider.itemId(raw), sighting, content };
  const hash = content === 'stub' ? '' : documentHash(provider.toDocument(raw), provider.volatile);
  if (content !== 'full') {
    return { ...head, document: bare(shown), text: null, documentHash: hash, truncated: false, payload: null };
  }
  const text = cut(provider.vectorizationText(completed), TEXT_BYTES);
  // What is read of it later is the document; a payload that does not fit would be no JSON any more.
  const payload = JSON.stringify(completed);
  const fits = Buffer.byteLength(payload) <= PAYLOAD_BYTES - 2 * TEXT_BYTES;
  return {
    ...head,
    document: shown,
    text,
    documentHash: hash,
    truncated: !fits || shown !== whole,
    payload: fits ? payload : null,
  };
}

/** A fetch was tried and failed: says so, and overwrites nothing (law 6). */
export function failedItem(itemId: string, document: Document, reason: string): ProviderItem {
  return {
    itemId,
    sighting: false,
    content: 'failed',
    document: { ...bare(withinLimits(document)), extra: JSON.stringify({ failure: reason }) },
    text: null,
    documentHash: '',
    truncated: false,
    payload: null,
  };
}

/** The same object where it is. An address or an object that was cut would be none any more, so they are left out. */
function withinLimits(document: Document): Document {
  const { url, title, author, body, thumbnailUrl, extra } = document;
  const fits = (text: string | null, bytes: number): boolean => text === null || Buffer.byteLength(text) <= bytes;
  const short = [url, title, author, thumbnailUrl, extra].every((text) => fits(text, FIELD_BYTES));
  if (short && fits(body, TEXT_BYTES)) return document;
  return {
    ...document,
    url: fits(url, FIELD_BYTES) ? url : '',
    title: cut(title, FIELD_BYTES),
    author: cut(author, FIELD_BYTES),
    body: cut(body, TEXT_BYTES),
    thumbnailUrl: fits(thumbnailUrl, FIELD_BYTES) ? thumbnailUrl : null,
    extra: fits(extra, FIELD_BYTES) ? extra : '{}',
  };
}

function bare({ url, savedAt, createdAt }: Document): Document {
  return { url, savedAt, createdAt, title: null, author: null, body: null, thumbnailUrl: null, extra: '{}' };
}

/** At most so many bytes of UTF-8, never half a character. */
function cut(text: string | null, bytes: number): string | null {
  if (text === null || Buffer.byteLength(text) <= bytes) return text;
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
