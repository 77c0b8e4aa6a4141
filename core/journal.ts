/** What a line of the journal is about: what left the collection, or nearly did, and what came back. */
export type JournalKind = 'removed' | 'restored' | 'held' | 'purged';

/** The events of an item's history that the journal is made of. All but sightings are decisions, which outlive a purge. */
export const JOURNAL_EVENTS: Readonly<Record<string, JournalKind>> = {
  removed: 'removed',
  'removal approved': 'removed',
  hidden: 'removed',
  'restored by a person': 'restored',
  'removal rejected': 'restored',
  'shown again': 'restored',
  restored: 'restored',
  'seen again': 'restored',
  held: 'held',
  purged: 'purged',
};

export function isJournalEvent(event: string): boolean {
  return Object.hasOwn(JOURNAL_EVENTS, event);
}
