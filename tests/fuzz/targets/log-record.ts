import { InvalidRecordError } from '../../../core/errors.ts';
import { accountName } from '../../../core/keys.ts';
import type { TopicName } from '../../../core/ports/event-log.ts';
import type { SchemaCodec } from '../../../core/ports/schema-codec.ts';
import { RECORD_NAMES } from '../../../schemas/generated/records.ts';
import {
  sampleChunk,
  sampleEnriched,
  sampleFinished,
  sampleItem,
} from '../../../testing/contracts/schema-codec-samples.ts';
import { TopologyDriver } from '../../../testing/topology/topology-driver.ts';
import { type FuzzTarget, holds } from '../target.ts';

const TOPICS = ['ingest', 'enriched', 'commands', 'outcomes', 'dead-letter'] as const satisfies readonly TopicName[];
const ACCOUNT = accountName({ provider: 'tiktok', user: 'me' });
const BASE64 = 'base64:';
/** Then another one begins, so that what earlier records left behind does not grow without end. */
const RUNS_OF_A_TOPOLOGY = 100;

/** A topic, a key, lines of headers, a blank line, and a record: its name and JSON, or bytes. */
async function append(driver: TopologyDriver, input: Uint8Array): Promise<boolean> {
  const { log, codec } = driver.app;
  const text = Buffer.from(input).toString('latin1');
  const blank = text.indexOf('\n\n');
  const [word = '', key = '', ...lines] = text.slice(0, blank < 0 ? undefined : blank).split('\n');
  const topic = TOPICS.find((each) => each === word);
  if (topic === undefined) return false;
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
  );
  const value = blank < 0 ? null : valueIn(codec, Buffer.from(input).subarray(blank + 2));
  if (value === undefined) return false;
  await log.append(topic, log.partitionOf(ACCOUNT), [{ key, value, headers }]);
  return true;
}

/** Undefined for what no writer could write. */
function valueIn(codec: SchemaCodec, body: Buffer): Uint8Array | undefined {
  const space = body.indexOf(' ');
  const name = RECORD_NAMES.find((each) => each === body.subarray(0, Math.max(0, space)).toString());
  if (name === undefined) return body;
  try {
    const value: unknown = JSON.parse(body.subarray(space + 1).toString(), (_key, each: unknown) =>
      typeof each === 'string' && each.startsWith(BASE64) ? Buffer.from(each.slice(BASE64.length), 'base64') : each,
    );
    return Buffer.from(codec.encode(name, value as never));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidRecordError) return undefined;
    throw error;
  }
}

const KEY = `${ACCOUNT}|${ACCOUNT}/favorites|${sampleItem.itemId}|3.7`;
const record = (topic: string, name: string, value: object, headers = ''): string =>
  `${topic}\n${KEY}\n${headers}\n\n${name} ${JSON.stringify(value, (_key, each: unknown) =>
    each instanceof Uint8Array ? `${BASE64}${Buffer.from(each).toString('base64')}` : each,
  )}`;
const head = { eventId: '4.0', at: 0, provider: 'tiktok', user: 'me', syncId: 'sync-4', fence: 4, seq: 0 };
const scope = { ...head, collection: 'favorites' };

export const logRecord: FuzzTarget = {
  about: 'records in the topics: keys, headers and bodies that any writer may have written',
  seeds: [
    record('ingest', 'SyncStarted', {
      ...head,
      mode: 'full',
      login: null,
      causedBy: null,
      commandId: null,
      credentialKind: null,
    }),
    record('ingest', 'RawItem', sampleItem, 'hoardarr-first-position: 1\nhoardarr-first-key: a|b|c|d'),
    record('enriched', 'EnrichedItem', sampleEnriched, 'hoardarr-position: 12'),
    record('ingest', 'SnapshotBegin', { ...scope, snapshotId: 's', login: null, asOf: null }),
    record('ingest', 'SnapshotChunk', sampleChunk),
    record('ingest', 'SyncFinished', sampleFinished),
    record('enriched', 'LateVector', {
      ...scope,
      itemId: '1',
      textHash: 'ab',
      vector: sampleEnriched.vector,
      model: 'm',
      dimensions: 16,
    }),
    record('ingest', 'Decision', {
      ...scope,
      itemId: '1',
      operation: 'purge',
      author: 'me',
      reason: 'r',
      evidence: '{}',
    }),
    record('outcomes', 'Outcome', {
      eventId: 'o',
      at: 0,
      provider: 'tiktok',
      user: 'me',
      collection: null,
      kind: 'purged',
      itemId: '1',
      evidence: '{}',
    }),
    `dead-letter\n${KEY}\n__connect.errors.topic: ingest\n__connect.errors.offset: 5\n__connect.errors.stage: sink\n\nx`,
    `enriched\n${KEY}\nhoardarr-poison: 1\nhoardarr-position: 4`,
    `ingest\n${KEY}`,
  ],
  words: [
    'hoardarr-position: ',
    'hoardarr-first-position: ',
    'hoardarr-ingest-key: ',
    'hoardarr-poison: 1',
    '%',
    '|',
    '|%|',
    '"evidence":"{"',
    '"evidence":"null"',
    '"extra":"["',
    'ingest\n',
    'enriched\n',
    'outcomes\n',
    'dead-letter\n',
    'commands\n',
    '-1',
    '9007199254740993',
  ],
  open: async () => {
    let driver = await TopologyDriver.open({ seed: 1 });
    let runs = 0;
    return {
      run: async (input) => {
        if (++runs % RUNS_OF_A_TOPOLOGY === 0) {
          await driver.close();
          driver = await TopologyDriver.open({ seed: 1 });
        }
        if (!(await driver.run(append(driver, input)))) return;
        await driver.settle();
        const { lag } = await driver.status();
        holds(
          Object.values(lag).every((behind) => behind === 0),
          `stages are behind: ${JSON.stringify(lag)}`,
        );
      },
      close: () => driver.close(),
    };
  },
};
