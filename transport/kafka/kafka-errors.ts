import { InputError, LogUnavailableError, messageOf, ServerRefusalError } from '../../core/errors.ts';

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
  return isMoved(error) || COORDINATOR_COMING.has(typeOf(error) ?? '');
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

const MAKE_THEM = 'have whoever runs it make the topics of the prefix, as docs/running-on-kafka.md lists them';
const TOO_OLD = 'the brokers lack a request that is needed: Kafka has to be 2.4 or newer';

/** What to do where the brokers answer the same however often they are asked. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['POLICY_VIOLATION', `a policy of the cluster forbids the topics that are missing: ${MAKE_THEM}`],
  ['INVALID_CONFIG', `the cluster does not take a setting of the topics that are missing: ${MAKE_THEM}`],
  ['INVALID_PARTITIONS', `the cluster does not take the number of partitions: ${MAKE_THEM}`],
  ['INVALID_TOPIC_EXCEPTION', 'Kafka does not take the names of the topics: set another HOARDARR_TOPIC_PREFIX'],
  ['UNSUPPORTED_VERSION', TOO_OLD],
  ['UNSUPPORTED_SASL_MECHANISM', 'Kafka does not take this way of logging in: check KAFKA_SASL_MECHANISM'],
]);

/** What a caller can act on: ServerRefusalError where trying again is in vain, else LogUnavailableError. */
export function kafkaError(error: unknown, brokers: readonly string[]): Error {
  if (error instanceof LogUnavailableError || error instanceof InputError) return error;
  const advice = adviceOn(error);
  if (advice !== null) return new ServerRefusalError(`${advice} (${messageOf(error)})`);
  const at = `Kafka at ${brokers.join(', ')}`;
  // It counts the brokers that have joined by now.
  if (typeOf(error) === 'INVALID_REPLICATION_FACTOR')
    return new LogUnavailableError(
      `${at} has fewer brokers than a topic is to have replicas; it may be still starting: ${messageOf(error)}`,
    );
  return new LogUnavailableError(`${at} cannot be reached: ${messageOf(error)}`);
}

/** Null where it may pass. */
function adviceOn(error: unknown): string | null {
  const name = (error as Error).name;
  const type = typeOf(error);
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED')
    return 'Kafka refuses our user: check KAFKA_SASL_MECHANISM, _USERNAME and _PASSWORD';
  if (type?.endsWith('_AUTHORIZATION_FAILED') === true)
    return 'Kafka does not let us do this; give the user the right to it';
  if (name === 'KafkaJSServerDoesNotSupportApiKey') return TOO_OLD;
  return REFUSALS.get(type ?? '') ?? null;
}

/** Also of what kafkajs wrapped because it would not try it again. */
function typeOf(error: unknown): string | undefined {
  return protocolTypeOf(error) ?? (error instanceof Error ? protocolTypeOf(error.cause) : undefined);
}
