import type { TopicName } from '../core/ports/event-log.ts';
import type { RecordName } from './generated/records.ts';

/** Records that the processor passes through unchanged. */
const INGEST_AND_ENRICHED: readonly TopicName[] = ['ingest', 'enriched'];

/** The topics that carry each record (see the protocol's table of topics). `dead-letter` carries bytes of any kind. */
export const TOPICS_OF: Readonly<Record<RecordName, readonly TopicName[]>> = {
  SyncStarted: INGEST_AND_ENRICHED,
  SyncFinished: INGEST_AND_ENRICHED,
  SnapshotBegin: INGEST_AND_ENRICHED,
  SnapshotChunk: INGEST_AND_ENRICHED,
  SnapshotEnd: INGEST_AND_ENRICHED,
  ItemVerdict: INGEST_AND_ENRICHED,
  Decision: INGEST_AND_ENRICHED,
  RawItem: ['ingest'],
  EnrichedItem: ['enriched'],
  LateVector: ['enriched'],
  SyncCommand: ['commands'],
  RecheckCommand: ['commands'],
  BackfillCommand: ['commands'],
  Outcome: ['outcomes'],
};

/** The record's name with its namespace, as Avro and the registry know it. */
export function fullName(record: RecordName): string {
  return `hoardarr.${record}`;
}

/**
 * The subject of a record in a topic, by Confluent's TopicRecordNameStrategy: `hoardarr.ingest-hoardarr.RawItem`.
 *
 * @param topicPrefix what stands before the names of topics, with its dot
 */
export function subjectName(topic: TopicName, record: RecordName, topicPrefix = 'hoardarr.'): string {
  return `${topicPrefix}${topic}-${fullName(record)}`;
}
