import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import type { ISocketFactory, SASLOptions } from 'kafkajs';
import createSocketFactory from 'kafkajs/src/network/socketFactory.js';
import { systemClock } from '../../app/clock.ts';
import { InputError } from '../../core/errors.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { after, keysOf, record, Seen, until } from '../../testing/contracts/event-log-harness.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { describeWithSecureBroker } from '../../testing/stack/secure-broker.ts';
import { openKafkaLog } from './open-kafka-log.ts';

describeWithSecureBroker('a broker that wants TLS and a user', [], (found) => {
  const telemetry = new RecordingTelemetry();

  const open = async (mechanism: SASLOptions['mechanism'], password: string): Promise<EventLog> => {
    const { SECURE_BROKERS = '', SECURE_CA = '', SECURE_USERNAME = '' } = found();
    // As NODE_EXTRA_CA_CERTS does for a whole process.
    const ca = readFileSync(SECURE_CA);
    const socketFactory: ISocketFactory = (args) => createSocketFactory()({ ...args, ssl: { ca } });
    return await openKafkaLog({
      brokers: [SECURE_BROKERS],
      ssl: true,
      sasl: { mechanism, username: SECURE_USERNAME, password } as SASLOptions,
      topicPrefix: `secure-${mechanism}.`,
      clock: systemClock,
      random: Math.random,
      log: telemetry.log,
      socketFactory,
    });
  };

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('lets us in by %s', async (mechanism) => {
    const log = await open(mechanism, found()['SECURE_PASSWORD'] ?? '');
    const seen = new Seen();
    await log.subscribe({
      group: 'g',
      topics: ['ingest'],
      handler: async (batch) => {
        seen.add(batch);
        await batch.commit(after(batch));
      },
    });
    expect(await log.append('ingest', 0, [record('a')])).toEqual([0]);
    await until('it is read', () => seen.count === 1);
    expect(keysOf(await log.read('ingest', 0, 0))).toEqual(['a']);
    await log.close();
  });

  it('refuses a wrong password, which no line and no error shows', async () => {
    const error = await open('scram-sha-512', 'planted-secret').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toContain('check KAFKA_SASL_MECHANISM');
    expect(JSON.stringify([telemetry.lines, String(error)])).not.toContain('planted-secret');
  });
});
