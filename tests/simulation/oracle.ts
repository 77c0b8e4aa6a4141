import { accountName, scopeName } from '../../core/keys.ts';
import {
  type AppliedSnapshot,
  type HistoryEntry,
  type LedgerRow,
  lastSeenAt,
  newLedgerRow,
  newScopeRow,
  type ScopeRow,
} from '../../core/ledger.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import type { Saved } from './source.ts';

/** Answers are given a moment before they are written down. */
const WRITTEN_WITHIN_MS = 2_000;
/** Exports tell their moment to the second. */
const TOLD_TO_MS = 1_000;
/** More than the items of any source. */
const MOST_ROWS = 1_000;
/** Of what is told of anybody else, it is said that it is the neighbour's. */
const OWNER = 'me';
const COLLECTIONS: Readonly<Record<string, string>> = { github: 'starred', reddit: 'saved', tiktok: 'favorites' };

/** What became of the removals of a history. */
export interface Removals {
  true: number;
  wrong: number;
  /** not saved any more, and in the collection when everything had come to rest */
  missed: number;
  /** by an export that was made up: in the trash, explained, and undone by the next honest one */
  forged: number;
}

/** What the store has of an account at some moment: a row for each item of the source. */
export interface Glimpse {
  readonly scope: ScopeRow;
  readonly rows: readonly LedgerRow[];
}

/** Knows what is true of an account at the source, and looks at its collection after every step. */
export class Oracle {
  readonly violations: string[] = [];
  readonly reached: Record<string, number> = {};
  readonly removals: Removals = { true: 0, wrong: 0, missed: 0, forged: 0 };
  /** items that are saved, and not in the collection when everything had come to rest */
  lost = 0;
  readonly scope: string;
  readonly account: string;
  /** moments of exports that were made up, ms */
  readonly forgedAsOf = new Set<number>();
  /** moments of exports that lack their oldest rows, ms: what is absent from them may wait for a person, and is not removed */
  readonly cutOffAsOf = new Set<number>();
  /** items that a person decided about: what becomes of them is theirs */
  readonly decidedByPerson = new Set<string>();
  /** when it really was, ms: who told a moment may have had another clock than the world */
  trueTime = (told: number): number => told;
  readonly #source: Saved;
  readonly #prefix: string;
  readonly #judged = new Map<string, number>();
  #applied: AppliedSnapshot | null = null;

  constructor(source: Saved, user = OWNER) {
    this.#source = source;
    this.#prefix = user === OWNER ? '' : 'the neighbour: ';
    const account = { provider: source.provider, user };
    this.account = accountName(account);
    this.scope = scopeName({ ...account, collection: COLLECTIONS[source.provider] ?? '' });
  }

  get ids(): readonly string[] {
    return Array.from({ length: this.#source.items }, (_, n) => this.#source.idOf(n));
  }

  reach(what: string): void {
    const name = `${this.#prefix}${what}`;
    this.reached[name] = (this.reached[name] ?? 0) + 1;
  }

  violate(what: string): void {
    this.violations.push(`${this.#prefix}${what}`);
  }

  async rows(store: ItemStore): Promise<readonly LedgerRow[]> {
    const rows = await store.rows(this.scope, this.ids);
    return this.ids.map((id) => rows.get(id) ?? newLedgerRow(id));
  }

  /** Judges every removal that happened since the last look. Resolves to what it looked at. */
  async judge(store: ItemStore, now: number): Promise<Glimpse> {
    const scope = (await store.scope(this.scope)) ?? newScopeRow(this.scope);
    const rows = await this.rows(store);
    this.#judgeApplied(scope);
    await this.#judgeUnknown(store);
    for (const row of rows) {
      const { state, itemId } = row;
      this.#judgeFlags(row);
      // What its author deleted is not compared.
      if (state === 'held' && !row.hidden && scope.converged === true && row.holdId === scope.applied?.snapshotId)
        this.violate(`both sides are said to be equal, and the removal of ${itemId} waits`);
      if ((state !== 'trash' && state !== 'held') || this.#judged.get(itemId) === row.decided) continue;
      this.#judged.set(itemId, row.decided);
      const history = await store.history(this.scope, itemId);
      const entry = history.findLast(({ event }) => (state === 'held' ? event === 'held' : event.startsWith('remov')));
      if (entry === undefined)
        this.violate(`nothing explains why ${itemId} was ${state === 'held' ? 'held' : 'removed'}`);
      else if (state === 'held') this.#judgeHold(row, entry);
      else this.#judgeRemoval(row, entry, this.trueTime(lastSeenAt(row, scope) ?? 0), now);
    }
    return { scope, rows };
  }

  /** Nothing is there that the account never saved, as another one may have. */
  async #judgeUnknown(store: ItemStore): Promise<void> {
    for (const { itemId, state } of await store.glance(this.scope, null, MOST_ROWS))
      if (state !== null && !this.#source.truth.wasEverSaved(itemId))
        this.violate(`${itemId} was never saved, and is ${state}`);
  }

  /** Law 7: a person alone pins and blocks. */
  #judgeFlags({ itemId, state, pinned, blocked }: LedgerRow): void {
    if ((pinned || blocked) && !this.decidedByPerson.has(itemId))
      this.violate(`${itemId} is ${pinned ? 'pinned' : 'blocked'}, and no person asked for that`);
    if (blocked && state !== 'purged') this.violate(`${itemId} is blocked, and ${state}`);
  }

  /** Law 3: what speaks of an earlier moment than what was applied changes nothing. */
  #judgeApplied({ applied }: ScopeRow): void {
    const before = this.#applied;
    this.#applied = applied;
    if (before === null || applied === null || before.snapshotId === applied.snapshotId) return;
    for (const [kind, asOf] of Object.entries(before.asOfByKind))
      if ((applied.asOfByKind[kind] ?? 0) < asOf) this.violate(`an export was applied that is older than the last one`);
    // A list of the source that came in between speaks of a later moment, and is what is compared with.
    const isNext = applied.seenAt === before.seenAt;
    const isOfSameMoment = isNext && applied.asOf !== null && applied.asOf === before.asOf && !before.partial;
    if (isOfSameMoment && applied.count > before.count && applied.kinds.join() === before.kinds.join())
      this.violate('an export was applied that is of the same moment as the last one, and holds more');
  }

  /** What an honest export lists, or says nothing of, waits for no removal. */
  #judgeHold({ itemId }: LedgerRow, { evidence, reason }: HistoryEntry): void {
    const { asOf = null } = JSON.parse(evidence) as { readonly asOf?: string | null };
    const at = asOf === null ? null : Date.parse(asOf);
    if (at === null || this.forgedAsOf.has(at) || this.cutOffAsOf.has(at)) return;
    this.reach('held by absence');
    if (this.#source.truth.wasSavedThroughout(itemId, at, at + TOLD_TO_MS))
      this.violate(`wrong hold of ${itemId}: it was saved at ${asOf} (${reason})`);
  }

  #judgeRemoval(row: LedgerRow, entry: HistoryEntry, shownAt: number, now: number): void {
    const { truth } = this.#source;
    if (entry.author.startsWith('person:')) {
      this.reach('a person approved a removal');
      return;
    }
    const evidence = JSON.parse(entry.evidence) as Told;
    const told = evidence.askedAt ?? evidence.walkedTo ?? evidence.asOf;
    if (told === undefined || told === null) {
      this.violate(`the removal of ${row.itemId} rests on nothing: ${entry.evidence}`);
      return;
    }
    const { absentSince, begin, lastSighting } = evidence;
    if (evidence.walkedTo !== undefined && !(lastSighting < absentSince && absentSince < begin))
      this.violate(`the removal of ${row.itemId} does not rest on two walks: ${entry.evidence}`);
    // An export tells its own moment.
    const at = isOfExport(evidence) ? Date.parse(told) : this.trueTime(Date.parse(told));
    const since = this.#sinceOf(evidence, at);
    if (isOfExport(evidence) && this.forgedAsOf.has(at)) {
      this.removals.forged++;
      return;
    }
    if (truth.wasSavedThroughout(row.itemId, since, isOfExport(evidence) ? at + TOLD_TO_MS : at)) {
      this.removals.wrong++;
      this.violate(`wrong removal of ${row.itemId}: it was saved at ${told} (${entry.reason})`);
      return;
    }
    if (row.pinned) this.violate(`${row.itemId} was removed, though a person pinned it`);
    if (shownAt > at && truth.wasSavedThroughout(row.itemId, shownAt, now))
      this.violate(`${row.itemId} was removed by what was seen before it was shown again`);
    this.removals.true++;
    this.reach(`removed by ${evidence.askedAt !== undefined ? 'verdict' : isOfExport(evidence) ? 'absence' : 'walks'}`);
  }

  #sinceOf({ askedAt, walkedFrom }: Told, at: number): number {
    if (walkedFrom !== undefined) return this.trueTime(Date.parse(walkedFrom));
    return askedAt === undefined ? at : at - WRITTEN_WITHIN_MS;
  }

  /** When the faults have ended and everything came to rest: the collection is what the source holds. */
  async judgeEnd(store: ItemStore): Promise<void> {
    const rows = await this.rows(store);
    for (const [n, row] of rows.entries()) {
      if (this.decidedByPerson.has(row.itemId)) continue;
      await this.#judgeItem(store, n, row);
    }
  }

  async #judgeItem(store: ItemStore, n: number, row: LedgerRow): Promise<void> {
    const { itemId, state } = row;
    const isSaved = this.#source.truth.isSaved(itemId);
    if (!isSaved) {
      if (state !== 'active' && state !== 'held') return;
      this.removals.missed++;
      this.violate(`missed removal of ${itemId}`);
      return;
    }
    if (this.#source.isExcused(n)) return;
    if (state !== 'active') {
      this.lost++;
      this.violate(`lost item ${itemId}: ${state}`);
      return;
    }
    const stored = await store.item(this.scope, itemId);
    const text = JSON.stringify(stored?.content ?? null);
    if (!text.includes(this.#source.markOf(n))) this.violate(`lost edit of ${itemId}: ${text.slice(0, 200)}`);
  }
}

/** When what a removal rests on was seen: by an answer, on a walk, or by an export. */
interface Told {
  readonly askedAt?: string;
  readonly walkedFrom?: string;
  readonly walkedTo?: string;
  readonly asOf?: string | null;
  /** positions: of the Begin of the first walk that lacked it, of that of the latest, and of its last sighting */
  readonly absentSince: number;
  readonly begin: number;
  readonly lastSighting: number;
}

function isOfExport({ askedAt, walkedTo }: Told): boolean {
  return askedAt === undefined && walkedTo === undefined;
}
