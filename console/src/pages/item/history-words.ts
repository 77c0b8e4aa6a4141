import type { HistoryLine } from '../../api/types.ts';
import { formatCount, formatMoment } from '../../lib/format.ts';
import { texts } from '../../texts.ts';

const GOING = new Set(['removed', 'held', 'removal approved', 'purged', 'hidden']);
const COMING = new Set([
  'saved',
  'listed',
  'seen again',
  'restored',
  'restored by a person',
  'removal rejected',
  'pinned',
  'shown again',
]);

/** Numbers above are moments of this century: no list is so long. */
const MOMENTS_FROM_MS = Date.UTC(2001, 0, 1);

/** Whether something of the item went, came, or neither. */
export function toneOf({ event }: HistoryLine): 'going' | 'coming' | 'neutral' {
  if (GOING.has(event)) return 'going';
  return COMING.has(event) ? 'coming' : 'neutral';
}

export function eventWords({ event }: HistoryLine): string {
  return texts.history.events[event as keyof typeof texts.history.events] ?? event;
}

/** `seen at the source`, `decided by Hoardarr`, `by Ada` */
export function authorOf({ author }: Pick<HistoryLine, 'author'>): string {
  if (author === 'source') return texts.history.bySource;
  if (author === 'sink') return texts.history.bySink;
  return texts.history.byPerson(author.replace(/^person:/, ''));
}

/** The evidence as pairs of words; what is empty is left out, what is nested is spread. */
export function evidenceOf(line: Pick<HistoryLine, 'evidence' | 'snapshotId'>): readonly (readonly [string, string])[] {
  const snapshot = line.snapshotId === null ? [] : [[texts.history.names.snapshotId, line.snapshotId] as const];
  return [...spread(line.evidence), ...snapshot];
}

function spread(evidence: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(evidence).flatMap(([name, value]) => {
    if (value === null || value === undefined || value === '') return [];
    if (typeof value === 'object' && !Array.isArray(value)) return spread(value as Readonly<Record<string, unknown>>);
    return [[nameOf(name), shown(value)] as const];
  });
}

/** What has no words of its own is spelled out: `rowsRead` becomes `rows read`. */
function nameOf(name: string): string {
  const known = texts.history.names[name as keyof typeof texts.history.names];
  return known ?? name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

function shown(value: unknown): string {
  if (typeof value === 'number')
    return value > MOMENTS_FROM_MS ? formatMoment(new Date(value).toISOString()) : formatCount(value);
  if (typeof value === 'boolean') return value ? texts.history.yes : texts.history.no;
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^\d{4}-\d\d-\d\dT/.test(value) ? formatMoment(value) : value;
}
