import { parseRecordKey } from '../../../core/keys.ts';
import type { LedgerRow } from '../../../core/ledger.ts';
import type { Decision } from '../../../schemas/generated/records.ts';
import { type Evidence, holds } from './evidence.ts';
import type { Watch } from './watch.ts';

const HOUR_MS = 3_600_000;

/** What the decisions of an item that acted come to. */
interface Flags {
  pinned: boolean;
  blocked: boolean;
  hiddenAt: number | null;
}

/** Laws 7 and 8: what the decisions in the log make of each item, and what they must not do. By item id. */
export function foldDecisions(evidence: Evidence): { flags: ReadonlyMap<string, Flags>; wrong: readonly string[] } {
  const flags = new Map<string, Flags>();
  const wrong: string[] = [];
  const waiting = new Set<string>();
  for (const { value } of evidence.left('ingest')) {
    const decoded = value === null ? null : evidence.decode(value);
    if (decoded?.type !== 'Decision') continue;
    const decision = decoded.value;
    const { itemId, operation, author } = decision;
    const own = flags.get(itemId) ?? { pinned: false, blocked: false, hiddenAt: null };
    if (author === 'sink' && operation === 'remove' && decision.eventId.includes(':release:') && waiting.has(itemId))
      wrong.push(`the removal of ${itemId} was for a person to decide, and went ahead`);
    if (operation === 'hold' && decision.personOnly) waiting.add(itemId);
    else waiting.delete(itemId);
    if (isTooEarly(decision, own)) wrong.push(`${itemId} was purged when it was first seen deleted`);
    flags.set(itemId, after(own, decision));
  }
  return { flags, wrong };
}

/** What its author deleted is hidden first, and purged no sooner than an hour later. */
function isTooEarly({ author, operation, evidence, at }: Decision, { hiddenAt }: Flags): boolean {
  const { deletedBy } = JSON.parse(evidence) as { readonly deletedBy?: string };
  if (author !== 'sink' || operation !== 'purge' || deletedBy === undefined) return false;
  return hiddenAt === null || at < hiddenAt + HOUR_MS;
}

function after(flags: Flags, { operation, author, at }: Decision): Flags {
  switch (operation) {
    case 'restore':
    case 'pin':
    case 'reject':
      return { ...flags, pinned: true };
    case 'unpin':
      return { ...flags, pinned: false };
    case 'purge':
      return { ...flags, pinned: false, blocked: flags.blocked || author !== 'sink' };
    case 'allow':
      return { ...flags, blocked: false };
    case 'hide':
      return { ...flags, hiddenAt: at };
    case 'unhide':
      return { ...flags, hiddenAt: null };
    default:
      return flags;
  }
}

export function checkFlags(row: LedgerRow, flags: ReadonlyMap<string, Flags>): readonly string[] {
  const due = flags.get(row.itemId) ?? { pinned: false, blocked: false, hiddenAt: null };
  const is = (flag: boolean, name: string): string => (flag ? name : `not ${name}`);
  const wrong: string[] = [];
  if (row.pinned !== due.pinned)
    wrong.push(
      `by its decisions ${row.itemId} is ${is(due.pinned, 'pinned')}, and the store has it ${is(row.pinned, 'pinned')}`,
    );
  if (row.blocked !== due.blocked)
    wrong.push(
      `by its decisions ${row.itemId} is ${is(due.blocked, 'blocked')}, and the store has it ${is(row.blocked, 'blocked')}`,
    );
  return wrong;
}

/** Law 8: what a person pinned is pinned, also where the decision came late, unless a person decided otherwise since. */
export function checkPins(row: LedgerRow, evidence: Evidence): readonly string[] {
  if (row.pinned || row.state === 'purged' || row.state === null) return [];
  let last: { readonly at: number; readonly operation: string } | null = null;
  for (const { value, offset } of evidence.of('ingest')) {
    const decoded = value === null ? null : evidence.decode(value);
    if (decoded?.type !== 'Decision' || decoded.value.itemId !== row.itemId) continue;
    const { author, operation, firstAt } = decoded.value;
    // One that was issued again is as old as it was at first.
    const at = firstAt ?? offset;
    // A purge takes the pin along, the sink's too.
    if ((author !== 'sink' || operation === 'purge') && at >= (last?.at ?? 0)) last = { at, operation };
  }
  return last?.operation === 'pin' ? [`a person pinned ${row.itemId}, and it is not`] : [];
}

/** Law 10: the sink puts into the dead letters what the store refused, and nothing else; all of it, unless `mayLack`. */
export function checkDeadLetters(
  evidence: Evidence,
  refused: ReadonlySet<string>,
  mayLack: boolean,
): readonly string[] {
  const found = new Set(
    evidence.of('dead-letter').flatMap(({ key, value, headers }) => {
      if (value === null || headers['__connect.errors.stage'] !== 'sink') return [];
      return [headers['hoardarr-but-for-item'] ?? parseRecordKey(key)?.slot ?? ''];
    }),
  );
  const wrong = [...found].filter((itemId) => !refused.has(itemId));
  const lacking = mayLack ? [] : [...refused].filter((itemId) => !found.has(itemId));
  return [
    ...wrong.map((itemId) => `${itemId} is in the dead letters, and was not refused`),
    ...lacking.map((itemId) => `${itemId} was refused, and is in no dead letter`),
  ];
}

/** Law 12. */
export function watchSecrets(secrets: readonly string[]): Watch {
  return ({ topic, record: { key, value } }) =>
    secrets.some((secret) => key.includes(secret) || (value !== null && holds(value, secret)))
      ? [`a record of ${topic} tells a token: ${key}`]
      : [];
}
