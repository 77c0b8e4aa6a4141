import { InputError, LogUnavailableError, messageOf } from '../../core/errors.ts';

/** The name that the protocol gives an error; undefined for those of connections. */
export function protocolTypeOf(error: unknown): string | undefined {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  return typeof type === 'string' ? type : undefined;
}

/** Another broker leads the partition or coordinates the group now, or will soon: nothing was done. */
export function isMoved(error: unknown): boolean {
  return MOVED.has(protocolTypeOf(error) ?? '');
}

const MOVED: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'NOT_ENOUGH_REPLICAS',
  'KAFKA_STORAGE_ERROR',
]);

/** As isMoved, or the broker that coordinates a group is just beginning to: it can be asked soon. Also where kafkajs gave up trying. */
export function isSoonOver(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isMoved(error) || [error, cause].some((one) => COORDINATOR_COMING.has(protocolTypeOf(one) ?? ''));
}

const COORDINATOR_COMING: ReadonlySet<string> = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** This member is none of the group, or not in this generation. */
export function isFenced(error: unknown): boolean {
  const type = protocolTypeOf(error);
  return type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION' || type === 'FENCED_INSTANCE_ID';
}

/** What a caller can act on: InputError where trying again is in vain, else LogUnavailableError. */
export function kafkaError(error: unknown, brokers: readonly string[]): Error {
  if (error instanceof LogUnavailableError || error instanceof InputError) return error;
  const type = protocolTypeOf(error);
  if ((error as Error).name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED') {
    return new InputError(
      `Kafka refuses our user: check KAFKA_SASL_MECHANISM, _USERNAME and _PASSWORD (${messageOf(error)})`,
    );
  }
  if (type?.endsWith('_AUTHORIZATION_FAILED') === true) {
    return new InputError(`Kafka does not let us do this; give the user the right to it: ${messageOf(error)}`);
  }
  return new LogUnavailableError(`Kafka at ${brokers.join(', ')} cannot be reached: ${messageOf(error)}`);
}
