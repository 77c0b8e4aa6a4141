import { mkdirSync } from 'node:fs';
import { systemClock } from '../../app/clock.ts';
import { createTelemetry } from '../../app/telemetry.ts';
import { openLocalCodec } from '../../codec/local/open-local-codec.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../core/ports/schema-codec.ts';
import { RunWriter } from '../../producers/run-writer.ts';
import { openEmbeddedLog } from '../../transport/embedded/open-embedded-log.ts';
import { sampleItems } from '../sample-items.ts';

export interface AppendInput {
  readonly dataDir: string;
  readonly user: string;
  readonly items: number;
}

const TEXT_BYTES = 96;
const ITEMS_AT_ONCE = 500;
const NO_METADATA = {
  get: async () => null,
  list: async () => [],
  compareAndSet: async () => null,
  remove: async () => undefined,
  eraseFreed: async () => true,
  close: async () => undefined,
};

/** The vectorization texts of the items; the same for every user. */
export function shortTexts(items: number): readonly string[] {
  const itemAt = sampleItems(TEXT_BYTES);
  return Array.from({ length: items }, (_, n) => itemAt(n).text ?? '');
}

/** Appends items with short texts to a log that may be new. */
export async function appendTexts({ dataDir, user, items }: AppendInput): Promise<null> {
  mkdirSync(dataDir, { recursive: true });
  const log = await openEmbeddedLog({ dataDir, clock: systemClock });
  await appendTo(log, openLocalCodec({ dataDir }), user, items);
  await log.close();
  return null;
}

export async function appendTo(log: EventLog, codec: SchemaCodec, user: string, items: number): Promise<void> {
  const telemetry = createTelemetry({ level: 'error', secrets: [] });
  const deps = {
    log,
    codec,
    clock: systemClock,
    random: Math.random,
    telemetry,
    metadata: NO_METADATA,
    instance: 'bench',
  };
  const run = new RunWriter(deps, { provider: 'tiktok', user }, user, 1);
  const itemAt = sampleItems(TEXT_BYTES);
  for (let from = 0; from < items; from += ITEMS_AT_ONCE) {
    const count = Math.min(ITEMS_AT_ONCE, items - from);
    const records = Array.from({ length: count }, (_, i) => {
      return { type: 'RawItem', value: { ...itemAt(from + i), collection: 'favorites' } } as const;
    });
    await run.append(records, () => {});
  }
}
