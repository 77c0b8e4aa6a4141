import { hash } from 'node:crypto';
import type { ItemContent } from '../core/ports/item-store.ts';
import type { Document, RawItem } from '../schemas/generated/records.ts';

/** What the store keeps of a raw item. */
export function contentOf(item: RawItem): ItemContent {
  return { ...item.document, payload: item.payload };
}

/** 22 characters, base64url of 16 bytes of SHA-256 over what is shown and searched; thumbnails expire, so they do not count. */
export function contentHashOf(document: Document): string {
  const { url, title, author, body, createdAt, extra } = document;
  return shorten(JSON.stringify([url, title, author, body, createdAt, extra]));
}

/** 22 characters, base64url of 16 bytes of SHA-256 of the bytes. */
export function hashBytes(bytes: Uint8Array): string {
  return shorten(bytes);
}

function shorten(data: string | Uint8Array): string {
  return hash('sha256', data, 'buffer').subarray(0, 16).toString('base64url');
}
