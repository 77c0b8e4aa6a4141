import { systemClock } from '../../app/clock.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import { openKafkaLog } from '../../transport/kafka/open-kafka-log.ts';
import { type PipelineInput, type PipelineResult, runPipeline } from '../pipeline/run-pipeline.ts';
import { seededRandom } from '../seeded-random.ts';

export interface KafkaPlace {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
}

export async function openBenchLog({ brokers, topicPrefix }: KafkaPlace): Promise<EventLog> {
  const { log } = createTelemetry({ level: 'error', secrets: [] });
  return await openKafkaLog({ brokers, topicPrefix, clock: systemClock, random: seededRandom(process.pid), log });
}

/** The pipeline of `bench pipeline`, with its log on Kafka. */
export async function runOnKafka(input: PipelineInput & KafkaPlace): Promise<PipelineResult> {
  return await runPipeline(input, await openBenchLog(input));
}
