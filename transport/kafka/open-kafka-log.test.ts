import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ISocketFactory } from 'kafkajs';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import { systemClock } from '../../app/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { describeEventLog } from '../../testing/contracts/event-log.ts';
import type { EventLogHarness } from '../../testing/contracts/event-log-harness.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { describeWithParts } from '../../testing/stack/real-parts.ts';
import { openKafkaLog } from './open-kafka-log.ts';

const SESSION_MS = 2_000;

/** Connections that can be held: what comes over them waits, as for a process that stands still. */
class Sockets {
  readonly #made = new Set<Socket>();
  readonly factory: ISocketFactory = (args) => {
    const socket = createSocketFactory()(args);
    this.#made.add(socket);
    socket.once('close', () => this.#made.delete(socket));
    return socket;
  };

  async holdFor(ms: number): Promise<void> {
    const held = [...this.#made];
    for (const socket of held) socket.pause();
    await delay(ms);
    for (const socket of held) socket.resume();
  }
}

describeWithParts('on a real broker', ['kafka'], (environment) => {
  let prefixes = 0;

  async function openHarness({ partitions }: { readonly partitions: number }): Promise<EventLogHarness> {
    const topicPrefix = `contract-${process.pid}-${Date.now()}-${(prefixes += 1)}.`;
    const clients = new Map<EventLog, Sockets>();
    const open = async (): Promise<EventLog> => {
      const sockets = new Sockets();
      const log = await openKafkaLog({
        brokers: (environment()['KAFKA_BROKERS'] ?? '').split(','),
        topicPrefix,
        partitions,
        clock: systemClock,
        random: Math.random,
        log: new RecordingTelemetry().log,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: 10_000,
        socketFactory: sockets.factory,
      });
      clients.set(log, sockets);
      return log;
    };
    return {
      log: await open(),
      another: open,
      reopen: async (log) => {
        await log.close();
        return await open();
      },
      advance: async () => {},
      freeze: async (log) => await clients.get(log)?.holdFor(2 * SESSION_MS),
      dispose: async () => {
        await Promise.all([...clients.keys()].map((log) => log.close()));
      },
    };
  }

  // Brokers have a clock of their own, and erase within a day: see removal.test.ts.
  describeEventLog('kafka', openHarness, ['retention', 'prompt-erasure']);
});
