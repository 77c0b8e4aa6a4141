import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../core/ports/clock.ts';
import { readNumber } from '../../testing/seeds.ts';
import type { Cut, TcpProxy } from '../../testing/tcp-proxy/tcp-proxy.ts';
import type { Deployment, Servers } from './deployment.test-support.ts';

/** How long a server is cut off; CI waits for as long as the issue says. */
const CUT_MS = readNumber('CUT_MS') ?? (process.env['CI'] === undefined ? 12_000 : 30_000);
/** What consumers of this test may be silent for. */
export const SESSION_SECONDS = 6;
const FROZEN_MS = 2_000 * SESSION_SECONDS;
/** Within the first of a day, in which all that it brings is under way. */
const MOMENT_MS = 3_000;
const DOWN_MS = 1_500;

/** Something goes wrong for a while. Resolves when all is as before, to what became of it. */
export interface Fault {
  readonly what: string;
  readonly happens: () => Promise<string>;
}

export interface Disturbed {
  readonly on: Deployment;
  readonly servers: Servers;
  readonly registry: TcpProxy;
  readonly store: TcpProxy;
  readonly random: Random;
}

/** One list of faults for each day. */
export function faultsOf(disturbed: Disturbed): readonly (readonly Fault[])[] {
  const kill = (name: string): Fault => killed(disturbed, name);
  return [
    [kill('producer-1'), kill('embed-1'), kill('sink-1')],
    [kill('sink-2'), kill('producer-2'), kill('embed-2')],
    [kill('api-1'), kill('scheduler-1'), kill('api-2')],
    [brokerKilled(disturbed)],
    [registryCut(disturbed)],
    [storeCut(disturbed)],
    [frozen(disturbed, 'sink-2'), frozen(disturbed, 'embed-1')],
    [frozen(disturbed, 'producer-1')],
  ];
}

/** At seeded moments: how long after the beginning of the day, ms. */
function moment({ random }: Disturbed): number {
  return Math.round(random() * MOMENT_MS);
}

function killed(disturbed: Disturbed, name: string): Fault {
  const [at, downMs] = [moment(disturbed), Math.round(disturbed.random() * DOWN_MS)];
  return {
    what: `${name} killed after ${at} ms, and started again ${downMs} ms later`,
    async happens() {
      const machine = disturbed.on.machine(name);
      await sleep(at);
      await machine.kill();
      await sleep(downMs);
      const since = performance.now();
      await machine.start();
      return `its roles ran again after ${seconds(since)}`;
    },
  };
}

/** The leader of something, whichever it is: its partitions go to the others, and come back. */
function brokerKilled(disturbed: Disturbed): Fault {
  const [at, index] = [moment(disturbed), Math.floor(disturbed.random() * 3)];
  return {
    what: `broker ${index + 1} of 3 killed after ${at} ms, and started again ${CUT_MS} ms later`,
    async happens() {
      const state = JSON.parse(readFileSync(path.join(disturbed.servers.kafkaDir, 'kafka.json'), 'utf8')) as {
        readonly processes: readonly { readonly pid: number; readonly args: readonly string[] }[];
      };
      const { pid, args } = state.processes[index] ?? { pid: 0, args: [] };
      await sleep(at);
      process.kill(pid, 'SIGKILL');
      await sleep(CUT_MS);
      const again = spawn('java', args, { stdio: 'ignore' });
      disturbed.servers.alsoEnd(again);
      return 'it joins the others again';
    },
  };
}

/** What runs needs no registry; what starts meanwhile waits for it. */
function registryCut(disturbed: Disturbed): Fault {
  const [at, how] = [moment(disturbed), cutOf(disturbed)];
  return {
    what: `the registry cut off (${how}) after ${at} ms for ${CUT_MS} ms, and embed-2 killed and started meanwhile`,
    async happens() {
      const machine = disturbed.on.machine('embed-2');
      await sleep(at);
      disturbed.registry.cut(how);
      await machine.kill();
      const since = performance.now();
      const started = machine.start();
      await Promise.race([sleep(CUT_MS), started]);
      const waited = machine.isReady ? 'did not wait' : 'waited';
      disturbed.registry.mend();
      await started;
      return `embed-2 ${waited} for it, and ran after ${seconds(since)}`;
    },
  };
}

function storeCut(disturbed: Disturbed): Fault {
  const [at, how] = [moment(disturbed), cutOf(disturbed)];
  return {
    what: `the store cut off (${how}) after ${at} ms for ${CUT_MS} ms`,
    async happens() {
      await sleep(at);
      const held = disturbed.store.connections;
      disturbed.store.cut(how);
      await sleep(CUT_MS);
      disturbed.store.mend();
      return `${held} connections were cut`;
    },
  };
}

/** Longer than its session lasts: the others own what it had when it wakes up and goes on writing. */
function frozen(disturbed: Disturbed, name: string): Fault {
  const at = moment(disturbed);
  return {
    what: `${name} frozen after ${at} ms for ${FROZEN_MS} ms`,
    async happens() {
      const machine = disturbed.on.machine(name);
      await sleep(at);
      machine.freeze();
      await sleep(FROZEN_MS);
      machine.wake();
      return 'it was woken';
    },
  };
}

function cutOf({ random }: Disturbed): Cut {
  return random() < 0.5 ? 'silent' : 'refused';
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1_000).toFixed(1)} s`;
}
