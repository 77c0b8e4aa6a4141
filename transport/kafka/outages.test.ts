import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../app/clock.ts';
import { LogUnavailableError } from '../../core/errors.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { after, readAll, record, Seen } from '../../testing/contracts/event-log-harness.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { describeWithProcesses, endOwnParts, startOwnParts } from '../../testing/stack/real-parts.ts';
import { KafkaLink } from './kafka-link.ts';
import { openKafkaLog } from './open-kafka-log.ts';

jest.setTimeout(240_000);

const WAIT_MS = 120_000;
const PARTITIONS = 3;
const REQUEST_WITHIN_MS = 5_000;

interface Node {
  readonly pid: number;
  readonly args: readonly string[];
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(20);
  }
}

/** Appends one record after the other, each until it is acknowledged; a try has a key of its own, as the port wants it. */
class Writer {
  readonly acknowledged: string[] = [];
  refusals = 0;
  #stopping = false;
  readonly #done: Promise<void>;

  constructor(log: EventLog) {
    this.#done = this.#run(log);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  async #run(log: EventLog): Promise<void> {
    for (let index = 0; !this.#stopping; index += 1) {
      const text = `r${index}`;
      for (let copy = 0; !(await this.#append(log, index % PARTITIONS, `${text}~${copy}`, text)); copy += 1)
        await delay(50);
      this.acknowledged.push(text);
    }
  }

  async #append(log: EventLog, partition: number, key: string, text: string): Promise<boolean> {
    try {
      await log.append('ingest', partition, [record(key, text)]);
      return true;
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error;
      this.refusals += 1;
      return false;
    }
  }
}

// Brokers that are stopped are the test's own, whatever the environment names.
describeWithProcesses('outages of a cluster of three', () => {
  let stateDir: string;
  let brokers: string[];
  let nodes: readonly Node[];
  let started: ChildProcess[] = [];
  let log: EventLog;
  let telemetry: RecordingTelemetry;
  let topicPrefix: string;

  beforeAll(async () => {
    stateDir = mkdtempSync(path.join(tmpdir(), 'cluster-'));
    const environment = await startOwnParts(['kafka'], stateDir, '--nodes', '3');
    brokers = (environment['KAFKA_BROKERS'] ?? '').split(',');
    const state = JSON.parse(readFileSync(path.join(stateDir, 'kafka.json'), 'utf8')) as {
      readonly processes: readonly Node[];
    };
    nodes = state.processes;
  });
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await endOwnParts(stateDir);
  });

  beforeEach(async () => {
    telemetry = new RecordingTelemetry();
    topicPrefix = `outage-${Date.now()}.`;
    log = await openKafkaLog({
      brokers,
      topicPrefix,
      partitions: PARTITIONS,
      clock: systemClock,
      random: Math.random,
      log: telemetry.log,
      requestTimeoutMs: REQUEST_WITHIN_MS,
    });
  });
  afterEach(async () => {
    await log.close();
    for (const child of started) child.kill('SIGKILL');
    started = [];
  });

  const read = async (seen: Seen): Promise<void> => {
    await log.subscribe({
      group: 'g',
      topics: ['ingest'],
      handler: async (batch) => {
        seen.add(batch);
        await batch.commit(after(batch));
      },
    });
  };

  async function expectEverything(writer: Writer, seen: Seen): Promise<void> {
    await writer.stop();
    const texts = (): Set<string> =>
      new Set(seen.batches.flatMap((batch) => batch.records.map(({ value }) => Buffer.from(value ?? []).toString())));
    await until('the consumer has everything that was acknowledged', () => {
      const had = texts();
      return writer.acknowledged.every((text) => had.has(text));
    });
    const kept = new Set<string>();
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      for (const { value } of await readAll(log, 'ingest', partition)) kept.add(Buffer.from(value ?? []).toString());
    }
    expect(writer.acknowledged.filter((text) => !kept.has(text))).toEqual([]);
  }

  it('loses nothing when the leader of a partition is killed, and comes back', async () => {
    const seen = new Seen();
    await read(seen);
    const writer = new Writer(log);
    await until('records flow', () => seen.count > 100);
    const link = new KafkaLink({ brokers, log: telemetry.log }, [`${topicPrefix}ingest`]);
    const victim = await link.leaderIdOf(`${topicPrefix}ingest`, 0);
    await link.close();
    const { pid, args } = nodes[victim - 1] ?? { pid: 0, args: [] };
    process.kill(pid, 'SIGKILL');
    const before = writer.acknowledged.length;
    await until('the others took over', () => writer.acknowledged.length > before + 100 && writer.refusals > 0);
    const again = spawn('java', args, { stdio: 'ignore' });
    started.push(again);
    const come = seen.count;
    await until('records flow again', () => seen.count > come + 200);
    await expectEverything(writer, seen);
    again.kill('SIGKILL');
    await once(again, 'exit');
  });

  it('waits, and says so, while all of the cluster stands still', async () => {
    const left = nodes.filter(({ pid }) => isAlive(pid));
    const seen = new Seen();
    await read(seen);
    const writer = new Writer(log);
    await until('records flow', () => seen.count > 100);
    for (const { pid } of left) process.kill(pid, 'SIGSTOP');
    await until('an append was refused', () => writer.refusals > 0);
    await until('the consumer said so', () =>
      telemetry.lines.some(
        ({ level, message }) => level === 'warn' && /heartbeat failed|cannot be fetched/.test(message),
      ),
    );
    for (const { pid } of left) process.kill(pid, 'SIGCONT');
    const before = seen.count;
    await until('records flow again', () => seen.count > before + 100);
    await expectEverything(writer, seen);
  });

  it('loses nothing where every broker ends at once, and all are started again', async () => {
    const seen = new Seen();
    await read(seen);
    const writer = new Writer(log);
    await until('records flow', () => seen.count > 100);
    for (const { pid } of nodes.filter((node) => isAlive(node.pid))) process.kill(pid, 'SIGKILL');
    const refused = writer.refusals;
    await until('an append was refused', () => writer.refusals > refused);
    await until('it said so', () => telemetry.lines.some(({ level }) => level === 'warn'));
    for (const { args } of nodes) started.push(spawn('java', args, { stdio: 'ignore' }));
    const before = seen.count;
    await until('records flow again', () => seen.count > before + 100);
    await expectEverything(writer, seen);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
