import { createHash } from 'node:crypto';
import type { Document } from '../schemas/generated/records.ts';

/** What of a document changes without the item having changed, and so stays out of its hash. */
export interface Volatile {
  /** keys of `extra`: counters such as stars and scores */
  readonly extra?: readonly string[];
  /** the thumbnail's address expires */
  readonly thumbnail?: boolean;
  /** asking about a single item does not tell when it was saved */
  readonly savedAt?: boolean;
}

/**
 * Hash of a document: 22 characters, base64url of the first 16 bytes of SHA-256 over its JSON with sorted keys, without
 * what is volatile. Equal hashes mean that nothing needs to be emitted again (protocol.md, topics).
 */
export function documentHash(document: Document, volatile: Volatile = {}): string {
  const extra = parseObject(document.extra);
  const lasting =
    extra === null
      ? document.extra
      : Object.fromEntries(Object.entries(extra).filter(([key]) => !volatile.extra?.includes(key)));
  const thumbnailUrl = volatile.thumbnail === true ? null : document.thumbnailUrl;
  const savedAt = volatile.savedAt === true ? null : document.savedAt;
  const text = canonicalJson({ ...document, extra: lasting, thumbnailUrl, savedAt });
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

function parseObject(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** JSON with the keys of every object in ascending order, so that equal values give equal texts. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
