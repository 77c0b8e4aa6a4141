import { expect, it } from '@jest/globals';
import { LogUnavailableError, ServerRefusalError } from '../../core/errors.ts';
import { kafkaError } from './kafka-errors.ts';

/** As kafkajs gives an answer of the brokers. */
const answer = (type: string): Error => Object.assign(new Error(`the broker says ${type}`), { type });
const toldOf = (error: Error): Error => kafkaError(error, ['broker:9092']);

it.each([
  ['POLICY_VIOLATION', 'docs/running-on-kafka.md'],
  ['INVALID_CONFIG', 'docs/running-on-kafka.md'],
  ['INVALID_PARTITIONS', 'docs/running-on-kafka.md'],
  ['INVALID_TOPIC_EXCEPTION', 'HOARDARR_TOPIC_PREFIX'],
  ['UNSUPPORTED_VERSION', '2.4 or newer'],
  ['UNSUPPORTED_SASL_MECHANISM', 'KAFKA_SASL_MECHANISM'],
  ['TOPIC_AUTHORIZATION_FAILED', 'give the user the right'],
])('%s is a refusal: whoever waited for it would wait for ever', (type, advice) => {
  // kafkajs wraps what it does not try again.
  for (const error of [answer(type), new Error('not retriable', { cause: answer(type) })]) {
    expect(toldOf(error)).toBeInstanceOf(ServerRefusalError);
    expect(toldOf(error).message).toContain(advice);
  }
});

it('brokers that lack a request of ours are too old', () => {
  const error = Object.assign(new Error('no such API'), { name: 'KafkaJSServerDoesNotSupportApiKey' });
  expect(toldOf(error)).toBeInstanceOf(ServerRefusalError);
  expect(toldOf(error).message).toContain('2.4 or newer');
});

it.each(['NOT_ENOUGH_REPLICAS', 'LEADER_NOT_AVAILABLE', 'NOT_CONTROLLER', 'REQUEST_TIMED_OUT', 'UNKNOWN'])(
  '%s passes, and is waited for',
  (type) => {
    expect(toldOf(answer(type))).toBeInstanceOf(LogUnavailableError);
    expect(toldOf(answer(type)).message).toContain('broker:9092 cannot be reached');
  },
);

it('too few brokers may be a cluster that is still starting, which is waited for, and told', () => {
  const told = toldOf(answer('INVALID_REPLICATION_FACTOR'));
  expect(told).toBeInstanceOf(LogUnavailableError);
  expect(told.message).toMatch(/fewer brokers .* still starting/);
});
