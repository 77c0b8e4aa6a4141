import { isDeepStrictEqual } from 'node:util';
import { createRecordCodec } from '../../../codec/avsc/record-codec.ts';
import { isItemId } from '../../../core/keys.ts';
import type { Provider, ProviderAnswer, Session, UnreadableRow, WalkStep } from '../../../core/ports/provider.ts';
import { toRawItem } from '../../../producers/raw-item.ts';
import { RECORD_NAMES } from '../../../schemas/generated/records.ts';
import { SCHEMAS } from '../../../schemas/schemas.ts';
import { holds } from '../target.ts';

const RECORD_LIMIT_BYTES = 1_000_000;
const codec = createRecordCodec(SCHEMAS, {
  idOf: (record) => RECORD_NAMES.indexOf(record),
  schemaOf: (id) => SCHEMAS[RECORD_NAMES[id] ?? 'RawItem'],
});
const STAMP = { eventId: '1.0', at: 0, provider: 'p', user: 'me', collection: 'c', syncId: 's', fence: 1, seq: 0 };

/** What a provider took for an item has to become a record that fits the log, and comes back from it. */
export function mustBeRecord<Raw, S extends Session>(provider: Provider<Raw, S>, raw: Raw): void {
  const item = toRawItem(provider, raw, true);
  holds(isItemId(item.itemId), `${item.itemId.slice(0, 100)} is no item id`);
  const bytes = codec.encode('RawItem', { ...STAMP, ...item });
  holds(bytes.length <= RECORD_LIMIT_BYTES, `a record of ${bytes.length} bytes`);
  const again = codec.decode(bytes);
  // What is no Unicode may become another text, never another item or time.
  const facts = ({ itemId, content, documentHash, document: { savedAt, createdAt } }: typeof item): unknown => [
    itemId,
    content,
    documentHash,
    savedAt,
    createdAt,
  ];
  holds(
    again.type === 'RawItem' && isDeepStrictEqual(facts(again.value), facts(item)),
    'an item is another one in the log',
  );
  JSON.parse(item.document.extra);
}

/** What the pages of a walk that came to its end gave. */
export interface Listed<End> {
  readonly end: End;
  /** rows of all pages since the walk was begun last */
  readonly rows: number;
  readonly nameless: number;
}

/** Walks to the end; each item has to become a record. */
export async function walkAll<Raw, S extends Session, End>(
  provider: Provider<Raw, S>,
  steps: AsyncGenerator<WalkStep<Raw>, End, undefined>,
): Promise<Listed<End>> {
  let rows = 0;
  let unreadable: UnreadableRow[] = [];
  for (;;) {
    const { value, done } = await steps.next();
    if (done === true) return { end: value, rows, nameless: unreadable.filter(({ itemId }) => itemId === null).length };
    if (value.kind === 'restart') {
      rows = 0;
      unreadable = [];
      continue;
    }
    for (const raw of value.items) mustBeRecord(provider, raw);
    for (const { itemId, reason } of value.unreadable) {
      holds(itemId === null || isItemId(itemId), `${itemId} is no item id`);
      holds(reason !== '', 'nobody knows why a row cannot be read');
    }
    rows += value.items.length + value.unreadable.length;
    unreadable.push(...value.unreadable);
  }
}

/** One answer for each id that was asked for, with evidence that a record can hold. */
export function mustAnswer<Raw, S extends Session>(
  provider: Provider<Raw, S>,
  asked: readonly string[],
  answers: readonly ProviderAnswer<Raw>[],
): void {
  holds(
    isDeepStrictEqual(
      answers.map(({ itemId }) => itemId),
      asked,
    ),
    'not each id has its answer',
  );
  for (const { itemId, evidence, raw } of answers) {
    JSON.stringify(evidence);
    if (raw === null) continue;
    mustBeRecord(provider, raw);
    holds(provider.itemId(raw) === itemId, `${itemId} is answered with ${provider.itemId(raw)}`);
  }
}
