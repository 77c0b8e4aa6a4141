/** Names of Kafka Connect's headers, and of ours that keep what a redrive needs. */
export const DEAD_LETTER_HEADER = {
  topic: '__connect.errors.topic',
  partition: '__connect.errors.partition',
  offset: '__connect.errors.offset',
  connector: '__connect.errors.connector.name',
  task: '__connect.errors.task.id',
  stage: '__connect.errors.stage',
  className: '__connect.errors.class.name',
  exception: '__connect.errors.exception.class.name',
  message: '__connect.errors.exception.message',
} as const;

/** A record as the log gives it and takes it. */
interface DeadRecord {
  readonly key: string;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

export interface DeadLetterReason {
  readonly topic: string;
  readonly partition: number;
  /** embed, sink */
  readonly stage: string;
  readonly error: string;
}

/** The original key, value, headers and timestamp untouched, plus Kafka Connect's headers. */
export function deadLetterRecord(
  record: DeadRecord & { readonly offset: number },
  reason: DeadLetterReason,
): DeadRecord {
  return {
    key: record.key,
    value: record.value,
    timestamp: record.timestamp,
    headers: {
      ...record.headers,
      [DEAD_LETTER_HEADER.topic]: reason.topic,
      [DEAD_LETTER_HEADER.partition]: String(reason.partition),
      [DEAD_LETTER_HEADER.offset]: String(record.offset),
      [DEAD_LETTER_HEADER.connector]: `hoardarr-${reason.stage}`,
      [DEAD_LETTER_HEADER.task]: String(reason.partition),
      [DEAD_LETTER_HEADER.stage]: reason.stage,
      [DEAD_LETTER_HEADER.className]: 'hoardarr',
      [DEAD_LETTER_HEADER.exception]: 'Error',
      [DEAD_LETTER_HEADER.message]: reason.error.slice(0, 1_000),
    },
  };
}
