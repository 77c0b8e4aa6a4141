import { mulberry32 } from '../../testing/producer-world.ts';
import { FAULTS } from './faults.ts';
import { finish } from './finish.ts';
import type { Evidence } from './laws/evidence.ts';
import type { Neighbour, Owner } from './neighbours.ts';
import { OPERATIONS } from './operations.ts';
import type { Oracle } from './oracle.ts';
import { type Setting, Simulation } from './simulation.ts';
import { compactedBetween, situationsIn } from './situations.ts';
import { KINDS, type Kind } from './sources/kinds.ts';

/** One step of a history, with a seed of its own, so that leaving out others does not change it. */
export interface Step {
  readonly name: string;
  readonly seed: number;
}

export interface HistoryPlan {
  readonly kind: Kind;
  readonly seed: number;
  /** default: one account, whose syncs are full when somebody asks for that, and on every tenth */
  readonly setting?: Setting;
  readonly steps: readonly Step[];
}

export interface HistoryReport {
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly evidence: Evidence;
  readonly reached: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly steps: number;
  readonly removals: {
    readonly true: number;
    readonly wrong: number;
    readonly missed: number;
    readonly forged: number;
  };
  readonly lost: number;
  /** texts, and how often they were embedded */
  readonly embeddings: { readonly necessary: number; readonly made: number };
}

const MIN_STEPS = 12;
const MAX_STEPS = 40;
const FAULT_SHARE = 0.3;
const NEIGHBOUR_SHARE = 0.3;
/** Of the neighbours, up to which share they are in the same partition, and up to which of the same provider. */
const SAME_PARTITION = 0.5;
const SAME_PROVIDER = 0.75;
const FULL_AFTER_SHARE = 0.5;
const FULL_AFTER_HOURS = 36;

/** Drawn from its seed; `fault` is the only one that may happen. */
export function planHistory(seed: number, fault: string | null = null): HistoryPlan {
  const random = mulberry32(seed);
  const kind = KINDS[Math.floor(random() * KINDS.length)] ?? 'github';
  const faults = fault === null ? Object.keys(FAULTS) : [fault];
  const weighted = Object.entries(OPERATIONS).flatMap(([name, [weight]]) => Array<string>(weight).fill(name));
  const count = MIN_STEPS + Math.floor(random() * (MAX_STEPS - MIN_STEPS));
  const steps = Array.from({ length: count }, (): Step => {
    const names = random() < FAULT_SHARE ? faults : weighted;
    const name = names[Math.floor(random() * names.length)] ?? 'settle';
    return { name, seed: Math.floor(random() * 2 ** 31) };
  });
  const setting: Setting = {
    ...(random() < NEIGHBOUR_SHARE ? { neighbour: drawNeighbour(random()) } : {}),
    ...(random() < FULL_AFTER_SHARE ? { fullAfterHours: FULL_AFTER_HOURS } : {}),
  };
  return { kind, seed, setting, steps };
}

function drawNeighbour(share: number): Neighbour {
  if (share < SAME_PARTITION) return 'in the same partition';
  return share < SAME_PROVIDER ? 'in another partition' : 'of another provider';
}

/** Lets a history happen, and judges it after every step. */
export async function runHistory({ kind, seed, setting, steps }: HistoryPlan): Promise<HistoryReport> {
  const simulation = await Simulation.open(kind, seed, setting);
  const { oracle, owners } = simulation;
  const faults: Record<string, number> = {};
  let done = 0;
  try {
    for (const { name, seed: stepSeed } of steps) {
      if (simulation.violations.length > 0) break;
      const n = Math.floor(mulberry32(stepSeed)() * simulation.source.items);
      simulation.note(`${name} ${n} (${simulation.source.idOf(n)})`);
      if (await perform(simulation, name, n)) faults[name] = (faults[name] ?? 0) + 1;
      done++;
      await simulation.judge();
    }
    if (simulation.violations.length === 0) await finish(simulation);
    for (const owner of owners)
      for (const situation of situationsIn(simulation.evidenceOf(owner))) owner.oracle.reach(situation);
    for (const _ of compactedBetween(simulation.cluster.evidence, simulation.compactions))
      oracle.reach('compaction between two snapshots');
  } catch (error) {
    oracle.violate(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  await simulation.close().catch(() => undefined);
  const counts = [...simulation.cluster.embedder.made.values()];
  return {
    violations: simulation.violations,
    trace: simulation.trace,
    evidence: simulation.cluster.evidence,
    reached: Object.assign({}, ...owners.map(({ oracle: { reached } }) => reached)),
    faults,
    steps: done,
    removals: {
      true: sumOf(owners, ({ removals }) => removals.true),
      wrong: sumOf(owners, ({ removals }) => removals.wrong),
      missed: sumOf(owners, ({ removals }) => removals.missed),
      forged: sumOf(owners, ({ removals }) => removals.forged),
    },
    lost: sumOf(owners, ({ lost }) => lost),
    embeddings: { necessary: counts.length, made: counts.reduce((sum, count) => sum + count, 0) },
  };
}

function sumOf(owners: readonly Owner[], count: (oracle: Oracle) => number): number {
  return owners.reduce((sum, { oracle }) => sum + count(oracle), 0);
}

/** True where it was a fault, and was injected. */
async function perform(simulation: Simulation, name: string, n: number): Promise<boolean> {
  const fault = FAULTS[name];
  if (fault !== undefined) return await fault(simulation, n);
  const [, operation] = OPERATIONS[name as keyof typeof OPERATIONS];
  await operation(simulation, n);
  return false;
}
