import { expect } from '@jest/globals';
import { listHeld } from '../../app/use-cases/held.ts';
import type { SyncReport } from '../../app/use-cases/sync.ts';
import {
  FAULTS,
  type FakeReply,
  type FakeRequest,
  type FakeService,
  type Fault,
} from '../../testing/fake-service/fake-service.ts';
import { mulberry32 } from '../../testing/producer-world.ts';
import { syncNow } from '../../testing/topology/sync-driver.ts';
import type { TopologyDriver } from '../../testing/topology/topology-driver.ts';

/** A fault as it meets a request: what it gets instead of its answer; undefined: it is none of those that it can meet. */
export type Meeting = (request: FakeRequest) => Fault | undefined;

/** Of every provider, by name. */
export const GENERIC: Readonly<Record<string, Meeting>> = Object.fromEntries(
  Object.entries(FAULTS).map(([name, fault]) => [name, () => fault]),
);

/** The honest answer, to another question than the one that was asked. */
export const asItIs = (reply: FakeReply): FakeReply => reply;

export interface FaultStory {
  readonly provider: string;
  readonly seed: number;
  readonly driver: TopologyDriver;
  readonly service: FakeService;
  /** by name */
  readonly meetings: Readonly<Record<string, Meeting>>;
  /** requests of a sync that one fault after another meets, the recheck's and the token's among them */
  readonly positions: number;
  readonly full: boolean;
  /** ids that are saved at the source now, ascending */
  readonly saved: () => readonly string[];
  /** Saves something new, and takes something else out, before each sync. */
  readonly change: () => void;
  /** Makes the next sync ask for a token first, where that is a request. */
  readonly expireToken: () => void;
  /** Connects again, where that is asked for. */
  readonly reconnect: () => Promise<void>;
}

const PAST_THE_GUARD_MS = 20 * 60_000;
const DUE_MS = 15_000;

/**
 * Lets every fault meet every request of a sync, once or for good. After each: nothing is gone that is still saved, and the
 * next full sync brings both sides together.
 */
export async function tellFaults(story: FaultStory): Promise<number> {
  const random = mulberry32(story.seed);
  let met = 0;
  for (const [name, meeting] of Object.entries(story.meetings)) {
    for (let position = 0; position < story.positions; position++) {
      const forGood = random() < 0.5;
      const where = { name, position, forGood, full: story.full };
      if (!(await suffer(story, meeting, position, forGood, where))) continue;
      met++;
      await heal(story, where);
    }
  }
  return met;
}

/** Whether the fault met a request. */
async function suffer(
  { driver, service, provider, full, change, saved, expireToken }: FaultStory,
  meeting: Meeting,
  position: number,
  forGood: boolean,
  where: object,
): Promise<boolean> {
  const known = new Set(await driver.ids());
  change();
  expireToken();
  const from = service.requests.length;
  let met = false;
  service.before = (request, index) => {
    const at = index - from;
    if (forGood ? at < position : at !== position) return undefined;
    const fault = meeting(request);
    met ||= fault !== undefined;
    return fault;
  };
  await syncNow(driver, provider, full);
  service.before = () => undefined;
  const stillSaved = new Set(saved());
  const active = new Set(await driver.ids());
  const gone = [...known].filter((id) => !active.has(id));
  expect({ ...where, harmed: gone.filter((id) => stillSaved.has(id)) }).toEqual({ ...where, harmed: [] });
  return met;
}

async function heal({ driver, provider, saved, reconnect }: FaultStory, where: object): Promise<void> {
  await driver.leap(PAST_THE_GUARD_MS);
  if ((await driver.status()).accounts[0]?.needsReauth === true) {
    await reconnect();
    // A sync is due then, and comes by itself.
    await driver.advance(DUE_MS);
    await driver.settle();
  }
  const [held] = await driver.run(listHeld(driver.app));
  if (held !== undefined) {
    // What was missing in a list that seemed to be empty waits for a person, who finds it gone indeed.
    const stillSaved = new Set(saved());
    expect({ ...where, held: held.items.filter(({ itemId }) => stillSaved.has(itemId)) }).toEqual({
      ...where,
      held: [],
    });
    await driver.held('approve');
  }
  const healed: SyncReport = await syncNow(driver, provider, true);
  expect({ ...where, error: healed.error, converged: healed.converged }).toEqual({
    ...where,
    error: null,
    converged: true,
  });
  expect({ ...where, active: await driver.ids() }).toEqual({ ...where, active: saved() });
}
