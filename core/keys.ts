/**
 * Names of accounts, scopes and records. Parts are percent-encoded before they are joined, so that different parts never
 * give the same name.
 */

export interface Account {
  readonly provider: string;
  readonly user: string;
}

export interface Scope extends Account {
  readonly collection: string;
}

const encode = (part: string): string => (/^[A-Za-z0-9._-]*$/.test(part) ? part : encodeURIComponent(part));

/** `provider/user`: the partition key of everything that concerns the account. */
export function accountName({ provider, user }: Account): string {
  return `${encode(provider)}/${encode(user)}`;
}

/** `provider/user/collection`. */
export function scopeName(scope: Scope): string {
  return `${accountName(scope)}/${encode(scope.collection)}`;
}

/** The inverse of scopeName. */
export function parseScope(name: string): Scope {
  const [provider = '', user = '', collection = ''] = name.split('/').map(decodeURIComponent);
  return { provider, user, collection };
}

/** The inverse of accountName. */
export function parseAccount(name: string): Account {
  const [provider = '', user = ''] = name.split('/').map(decodeURIComponent);
  return { provider, user };
}

/** `account|scope|item or slot|event id`, with a suffix for every copy: unique in its topic, which is how erasure finds it. */
export function recordKey(
  account: Account,
  collection: string | null,
  slot: string,
  eventId: string,
  copy = '',
): string {
  const scope = collection === null ? '' : scopeName({ ...account, collection });
  return `${accountName(account)}|${scope}|${encode(slot)}|${encode(eventId)}${copy}`;
}

/** Key of the late vector for the text of a raw item: made of that item's key, so that whoever erases one erases the other. */
export function lateVectorKey(rawItemKey: string): string {
  return `${rawItemKey}+late`;
}

/**
 * Key in `enriched` of a record whose append was repeated, since it may have been written although it failed. It is made of
 * the record's key, so that whoever erases one erases the other without having seen it; docs/decisions/0014 has the history.
 */
export function repeatKey(key: string): string {
  return `${key}~again`;
}

/** The key that copies of repeated appends were made of. */
export function withoutRepeats(key: string): string {
  return key.replace(/(~again)+$/, '');
}

/** Slots of records that are of no single item; no item id begins like them. */
export const SLOT = { run: ':run', begin: ':begin', chunk: ':chunk', end: ':end', command: ':command' } as const;

const MAX_ID_LENGTH = 256;

/** Item ids are printable ASCII without spaces, so that every store orders them alike, and do not begin like a slot. */
export function isItemId(itemId: string): boolean {
  return itemId.length <= MAX_ID_LENGTH && /^[!-9;-~][!-~]*$/.test(itemId);
}

/** The item that a record's key names. Null for records of no single item, and for keys that are none of ours. */
export function itemOfKey(key: string): { readonly scope: string; readonly itemId: string } | null {
  const parsed = parseRecordKey(key);
  if (parsed === null || parsed.scope === '' || parsed.slot.startsWith(':')) return null;
  return { scope: parsed.scope, itemId: parsed.slot };
}

/** What a record's key says of it. Null when it is no key of ours. */
export function parseRecordKey(key: string): { account: string; scope: string; slot: string; event: string } | null {
  const parts = key.split('|');
  if (parts.length !== 4 || !isEncoded(key)) return null;
  const [account = '', scope = '', slot = '', event = ''] = parts;
  return { account, scope, slot: decodeURIComponent(slot), event };
}

/** Whoever writes to the log may have made a key of anything, and `decodeURIComponent` throws where it is none of ours. */
function isEncoded(key: string): boolean {
  if (!key.includes('%')) return true;
  try {
    decodeURIComponent(key);
    return true;
  } catch {
    return false;
  }
}

/** The kind of an id: what stands before its first underscore (`t3`, `t1`), or the empty string. */
export function kindOf(itemId: string): string {
  return itemId[2] === '_' && /^[a-z]\d/.test(itemId) ? itemId.slice(0, 2) : '';
}

/** Headers of log records. */
export const HEADER = {
  /** enriched: the record's position, that is its offset in `ingest` */
  position: 'hoardarr-position',
  /** ingest and enriched: a redriven dead letter's first position and first key (law 2, law 7) */
  firstPosition: 'hoardarr-first-position',
  firstKey: 'hoardarr-first-key',
  /** the same: keys of redrives in vain since then, a line each */
  vainKeys: 'hoardarr-vain-keys',
  /** enriched, dead-letter: the record's key in `ingest`, where a repeated append gave it another here */
  ingestKey: 'hoardarr-ingest-key',
  /** enriched: the record at this position went to the dead letters; its empty value keeps its key known (law 7) */
  poison: 'hoardarr-poison',
  /** a record that `migrate` carried over: the id of its first log, and its offset there; see movedFrom */
  movedFrom: 'hoardarr-moved-from',
  /** dead-letter: the record was taken, all but this item of many that it speaks of */
  butForItem: 'hoardarr-but-for-item',
} as const;

/** The offset that a header tells; null where it is missing, or tells none. */
export function offsetIn(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

/** Keys under which a redriven record stood in `ingest` before, its first one first; none for every other record. */
export function earlierKeysOf(headers: Readonly<Record<string, string>>): readonly string[] {
  const first = headers[HEADER.firstKey];
  return first === undefined ? [] : [first, ...(headers[HEADER.vainKeys]?.split('\n') ?? [])];
}

/** The key that a record of `enriched` has in `ingest`, which is the one that the ledger knows it by. */
export function ingestKeyOf({
  key,
  headers,
}: {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
}): string {
  return headers[HEADER.ingestKey] ?? key;
}
