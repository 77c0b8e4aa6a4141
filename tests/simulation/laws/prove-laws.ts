import type { HistoryEntry, LedgerRow } from '../../../core/ledger.ts';
import type { StoredVector } from '../../../core/ports/item-store.ts';
import { checkDecisions } from '../../../testing/log-checker/check-decisions.ts';
import { checkOrder } from '../../../testing/log-checker/check-order.ts';
import { checkDeadLetters, checkFlags, checkPins, foldDecisions } from './decisions.ts';
import { leftOf } from './erasure.ts';
import type { Evidence } from './evidence.ts';
import { checkGuard } from './guard.ts';
import { checkSighting, checkVerdicts, confirmedAt, effectsOf, sightingsOf, withoutEffect } from './one-order.ts';
import { checkVector, textsOf } from './vectors.ts';

/** An item as the store has it when everything came to rest. */
export interface Kept {
  readonly row: LedgerRow;
  /** where it was sighted last, by itself or as one of those that a snapshot listed */
  readonly lastSeen: number;
  readonly vector: StoredVector | null;
  readonly history: readonly HistoryEntry[];
  /** words that only its content has */
  readonly mark: string;
}

export interface Proof {
  readonly evidence: Evidence;
  readonly items: readonly Kept[];
  readonly partitionOf: (account: string) => number;
  readonly guardItems: number;
  readonly guardShare: number;
  readonly dimensions: number;
  /** what waits for its vector may have been put off for longer than the end takes */
  readonly mayLackVectors: boolean;
  /** items of which the store refused a document */
  readonly refused: ReadonlySet<string>;
  /** some of them may be in no dead letter: who was refused died before it wrote it, or was a rebuild */
  readonly mayLackLetters: boolean;
}

/** Laws that are proved from all that was ever written, and from what the store holds at the end. Each result breaks one. */
export function proveLaws(proof: Proof): readonly string[] {
  const { evidence, items, partitionOf, guardItems, guardShare } = proof;
  const decode = (value: Uint8Array) => evidence.decode(value);
  const logs = evidence.partitions();
  const wrong = [...orderIn(evidence, partitionOf), ...checkDecisions(logs, decode).violations];
  wrong.push(...checkGuard(evidence, guardItems, guardShare));
  const positions = new Map(logs.flatMap(({ ingest }) => [...withoutEffect(ingest, evidence)]));
  const ingest = logs.flatMap((log) => log.ingest);
  const sightings = sightingsOf(ingest, evidence, positions);
  const confirmed = confirmedAt(ingest, evidence, positions);
  wrong.push(...checkVerdicts(ingest, evidence, sightings));
  wrong.push(...checkDeadLetters(evidence, proof.refused, proof.mayLackLetters));
  const decisions = foldDecisions(evidence);
  wrong.push(...decisions.wrong);
  const texts = textsOf(evidence);
  for (const { row, lastSeen, vector, history, mark } of items)
    wrong.push(
      ...checkSighting(row, lastSeen, sightings, confirmed),
      ...effectsOf(positions, row, history),
      ...leftOf(row, mark, evidence),
      ...checkFlags(row, decisions.flags),
      ...checkPins(row, evidence),
      ...(vector === null && proof.mayLackVectors ? [] : checkVector(row, vector, texts, proof.dimensions)),
    );
  return wrong;
}

/** Law 1, of all accounts together: what one of them wrote stands nowhere before what another had written. */
export function orderIn(evidence: Evidence, partitionOf: Proof['partitionOf']): readonly string[] {
  const decode = (value: Uint8Array) => evidence.decode(value);
  return checkOrder(evidence.partitions(), { partitionOf, decode }).violations;
}
