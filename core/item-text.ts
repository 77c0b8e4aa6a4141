import type { RawItem } from '../schemas/generated/records.ts';

/**
 * What of a raw item is embedded: the text of its content, or the little that a stub can say of what it stands for. Null
 * where there is none.
 */
export function embeddableText({ content, text }: Pick<RawItem, 'content' | 'text'>): string | null {
  if (content !== 'full' && content !== 'stub') return null;
  return text === null || text.trim() === '' ? null : text;
}

/** Whether the record holds something of its item that a purge has to erase (law 7). */
export function carriesContent(item: Pick<RawItem, 'content' | 'text'>): boolean {
  return item.content === 'full' || embeddableText(item) !== null;
}
