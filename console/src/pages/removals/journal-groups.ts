import type { JournalEntry } from '../../api/types-removals.ts';
import { texts } from '../../texts.ts';

const words = texts.removals.journal.byPerson;

/** What one decision did to one item, or to many of the same list. */
export type JournalGroup = readonly [JournalEntry, ...JournalEntry[]];

/** Decided about at once, though the log takes them in one after the other. */
const TOGETHER_MS = 60_000;

/** Entries that follow each other and tell the same of several items, as one; the order is kept. */
export function together(entries: readonly JournalEntry[]): readonly JournalGroup[] {
  const groups: [JournalEntry, ...JournalEntry[]][] = [];
  for (const entry of entries) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && isOneStory(last, entry)) group.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

/** The reason in plain words: `reject by me` is a decision of a person, whose name stands beside it. */
export function reasonWords(reason: string): string {
  const operation = /^(restore|approve|reject|purge) by \S+$/.exec(reason)?.[1] as keyof typeof words | undefined;
  return operation === undefined ? reason : words[operation];
}

function isOneStory(a: JournalEntry, b: JournalEntry): boolean {
  const keys = ['kind', 'provider', 'user', 'collection', 'reason', 'author', 'snapshotId'] as const;
  if (!keys.every((key) => a[key] === b[key])) return false;
  return Math.abs(Date.parse(a.at ?? '') - Date.parse(b.at ?? '')) <= TOGETHER_MS;
}
