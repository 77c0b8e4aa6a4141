import { PoisonError } from '../../core/errors.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import type { Evidence } from './laws/evidence.ts';
import type { HistoryPlan } from './run-history.ts';
import type { Shrunk } from './shrink.ts';

/** Longer values of records say no more. */
const MOST_CHARACTERS = 800;

/** A history that failed: what happened, what was objected to, and its steps as `regressions.ts` takes them. */
export function tellFailure({ plan, report }: Shrunk): string {
  return [...report.trace, ...report.violations, '', entryOf(plan)].join('\n');
}

function entryOf({ kind, seed, setting = {}, steps }: HistoryPlan): string {
  const lines = steps.map((step) => `      { name: '${step.name}', seed: ${step.seed} },`);
  const settings = Object.keys(setting).length === 0 ? [] : [`    setting: ${JSON.stringify(setting)},`];
  return [`  'what was wrong (${seed})': {`, `    kind: '${kind}',`, `    seed: ${seed},`, ...settings, '    steps: [']
    .concat(lines, '    ],', '  },')
    .join('\n');
}

/** Everything that was ever written, a line each: topic, partition and offset, key, and what it says. */
export function tellRecords(evidence: Evidence): string {
  return evidence.written
    .map(({ topic, partition, record: { offset, key, value } }) => {
      const at = `${topic} ${partition}:${offset} ${key}`;
      return value === null ? `${at} erased` : `${at} ${wordsOf(value, evidence)}`;
    })
    .join('\n');
}

function wordsOf(value: Uint8Array, evidence: Evidence): string {
  const decoded = readable(value, evidence);
  if (decoded === null) return `${value.length} bytes that cannot be read`;
  const words = JSON.stringify(decoded.value, (_, part: unknown) =>
    part instanceof Uint8Array ? `${part.length} bytes` : part,
  );
  return `${decoded.type} ${words.length > MOST_CHARACTERS ? `${words.slice(0, MOST_CHARACTERS)}…` : words}`;
}

/** Null for a marker of what went to the dead letters, and for what a fault has garbled. */
function readable(value: Uint8Array, evidence: Evidence): Decoded | null {
  try {
    return evidence.decode(value);
  } catch (error) {
    if (error instanceof PoisonError) return null;
    throw error;
  }
}
