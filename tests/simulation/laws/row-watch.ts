import { type HistoryEntry, type LedgerRow, lastSeen, type ScopeRow } from '../../../core/ledger.ts';
import type { Decision } from '../../../schemas/generated/records.ts';
import { addSighting, checkShown, effectsOf, Runs } from './one-order.ts';
import type { Watch } from './watch.ts';

/** What a store tells of an item at some moment. */
export interface Look {
  readonly row: LedgerRow;
  readonly scope: ScopeRow;
  /** asked for only where something changed */
  readonly history: () => Promise<readonly HistoryEntry[]>;
  readonly hasContent: () => Promise<boolean>;
}

const NONE_LEFT: ReadonlySet<number> = new Set();

/**
 * Laws that hold at every moment of what the store has of an account, by the records of it so far: each item was last seen where
 * something shows it, nothing that has no effect changed it, the sink's decision that acted on it knew every sighting before it,
 * it is back only since it was seen again or a person decided so, and of a purged one nothing is kept. Not while the store refuses
 * documents, as then a copy may be the first that is taken: that is proved at the end.
 */
export class RowWatch {
  readonly #runs = new Runs();
  readonly #without = new Map<number, string>();
  readonly #sightings = new Map<string, Set<number>>();
  readonly #decisions = new Map<number, Decision>();
  readonly #known = new Map<string, string>();

  /** Gets every record of the account. */
  readonly see: Watch = ({ record }, decoded) => {
    if (decoded === null) return [];
    const why = this.#runs.judge(record, decoded, NONE_LEFT);
    if (why !== null) this.#without.set(record.offset, why);
    else addSighting(this.#sightings, record, decoded);
    if (decoded.type === 'Decision') this.#decisions.set(record.offset, decoded.value);
    return [];
  };

  async look({ row, scope, history, hasContent }: Look): Promise<readonly string[]> {
    const { itemId, state, seen, decided, contentAt } = row;
    const known = [state, lastSeen(row, scope), decided, contentAt].join();
    if (this.#known.get(itemId) === known) return [];
    this.#known.set(itemId, known);
    const wrong = [...checkShown(itemId, seen, this.#sightings), ...effectsOf(this.#without, row, await history())];
    wrong.push(...this.#judgeDecision(row, lastSeen(row, scope)));
    if (state === 'purged' && (await hasContent())) wrong.push(`${itemId} was purged, and its content is kept`);
    return wrong;
  }

  #judgeDecision({ itemId, state, decided }: LedgerRow, seen: number): readonly string[] {
    const decision = this.#decisions.get(decided);
    if (decision?.itemId !== itemId)
      return decided < 0 ? [] : [`${itemId} was decided at ${decided}, where nobody decides`];
    const { author, operation, basisSeen } = decision;
    const takesAway = operation === 'remove' || operation === 'purge';
    if (takesAway && (state === 'active' || state === 'held') && seen < decided)
      return [`${itemId} is ${state}, though it was not seen since ${operation} at ${decided}`];
    if (author !== 'sink' || !(takesAway || operation === 'hold')) return [];
    const shown = [...(this.#sightings.get(itemId) ?? [])].find(
      (position) => position > basisSeen && position < decided,
    );
    if (shown === undefined) return [];
    return [`the sink's ${operation} of ${itemId} at ${decided} did not know that it was seen at ${shown}`];
  }
}
