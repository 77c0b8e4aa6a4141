import { HEADER, itemOfKey, offsetIn, parseRecordKey } from '../../core/keys.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import type { PartitionLog } from './check-order.ts';

export interface DecisionReport {
  /** each breaks law 8; none where it holds */
  readonly violations: readonly string[];
  readonly decisions: number;
}

interface ItemState {
  /** positions of decisions that were left in the log, and so acted */
  decided: number;
  /** of the last raw item that is a sighting */
  sighted: number;
  /** of the last raw item that says what became of the content */
  shown: number;
  readonly positions: Set<number>;
}

/**
 * Proves from the records alone that decisions acted on the basis that they name (law 8): each that was left in the log, and so
 * acted, judged the last decision of its item before it, and a sink's knew every sighting before it. Sightings by membership in
 * a snapshot are the fold's to prove.
 */
export function checkDecisions(logs: readonly PartitionLog[], decode: (value: Uint8Array) => Decoded): DecisionReport {
  const violations: string[] = [];
  let decisions = 0;
  for (const { partition, ingest } of logs) {
    const erased = new Set(ingest.flatMap(({ key, value }) => (value === null ? [key] : [])));
    const items = new Map<string, ItemState>();
    const runs = new Map<string, { fence: number; seq: number }>();
    const known = new Set<string>();
    for (const { key, value, offset, headers } of ingest) {
      if (value === null) continue;
      const decoded = decode(value);
      const first = offsetIn(headers[HEADER.firstPosition]);
      const account = parseRecordKey(key)?.account ?? '';
      const run = runs.get(account) ?? { fence: 0, seq: -1 };
      runs.set(account, run);
      const hasEffect = first !== null || goesOn(run, decoded);
      if (decoded.type !== 'RawItem' && decoded.type !== 'Decision') continue;
      const item = itemOfKey(key);
      const name = `${item?.scope ?? ''} ${item?.itemId ?? ''}`;
      const state = items.get(name) ?? { decided: -1, sighted: -1, shown: -1, positions: new Set<number>() };
      items.set(name, state);
      if (decoded.type === 'RawItem') {
        if (!hasEffect) continue;
        // What is redriven is seen at its first position.
        const { content } = decoded.value;
        // What says nothing of the content is no answer to what an earlier one said.
        if (content !== 'stub' && content !== 'failed') state.shown = Math.max(state.shown, first ?? offset);
        if (decoded.value.sighting) state.sighted = Math.max(state.sighted, first ?? offset);
        continue;
      }
      // One that did not act got a tombstone; a copy under the very same key cannot get one.
      if (erased.has(key) || known.has(key)) continue;
      known.add(key);
      decisions++;
      const wrong = misjudged(decoded.value, state, offset);
      if (wrong !== null) violations.push(`partition ${partition}: ${key} at ${offset}: ${wrong}`);
      state.decided = offset;
      state.positions.add(offset);
    }
  }
  return { violations, decisions };
}

/** False for a record of a run that was overtaken, and for a copy (law 1). */
function goesOn(run: { fence: number; seq: number }, { type, value }: Decoded): boolean {
  if (!('fence' in value)) return true;
  const { fence, seq } = value;
  if (type === 'SyncStarted' && fence > run.fence) Object.assign(run, { fence, seq: -1 });
  if (fence !== run.fence || seq <= run.seq) return false;
  run.seq = seq;
  return true;
}

type Decision = Extract<Decoded, { readonly type: 'Decision' }>['value'];

function misjudged(
  { author, operation, basisDecided, basisSeen }: Decision,
  { decided, sighted, shown, positions }: ItemState,
  offset: number,
): string | null {
  if (basisDecided >= offset || basisSeen >= offset) return 'its basis comes after it';
  if (basisDecided >= 0 && !positions.has(basisDecided)) return `its basis ${basisDecided} is no decision of the item`;
  if (decided > basisDecided) return `the decision at ${decided} is newer than its basis ${basisDecided}`;
  const newest = operation === 'hide' || operation === 'unhide' ? shown : sighted;
  if (author === 'sink' && newest > basisSeen) return `the sighting at ${newest} is newer than its basis ${basisSeen}`;
  return null;
}
