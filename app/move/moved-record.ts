import { DEAD_LETTER_HEADER } from '../../core/dead-letter.ts';
import { HEADER } from '../../core/keys.ts';
import type { TopicName } from '../../core/ports/event-log.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';

/** How what a record says of its log changes when it is moved to another one. All of one partition. */
export interface Moves {
  /** offsets of `ingest`, that is positions; and of `enriched` */
  readonly ingest: (offset: number) => number;
  readonly enriched: (offset: number) => number;
  /** keys in `ingest`, which are others where an append was repeated */
  readonly ingestKey: (key: string) => string;
}

type Headers = Readonly<Record<string, string>>;

/** The record with every position in it as it is in the new log. Records without one are the same object. */
export function moveValue(decoded: Decoded, position: Moves['ingest']): Decoded {
  switch (decoded.type) {
    case 'Decision': {
      const { value } = decoded;
      const [basisDecided, basisSeen] = [position(value.basisDecided), position(value.basisSeen)];
      const firstAt = value.firstAt === null ? null : position(value.firstAt);
      return { type: 'Decision', value: { ...value, basisDecided, basisSeen, firstAt } };
    }
    case 'ItemVerdict': {
      const { value } = decoded;
      const [snapshotBegin, started] = [position(value.snapshotBegin), position(value.started)];
      return { type: 'ItemVerdict', value: { ...value, snapshotBegin, started } };
    }
    case 'RecheckCommand': {
      const { value } = decoded;
      return { type: 'RecheckCommand', value: { ...value, snapshotBegin: position(value.snapshotBegin) } };
    }
    default:
      return decoded;
  }
}

/** The same of a record's headers. What is no number is left as it is. */
export function moveHeaders(headers: Headers, moves: Moves): Headers {
  const moved: Record<string, string> = { ...headers };
  const change = (name: string, to: (offset: number) => number): void => {
    const value = moved[name];
    if (value !== undefined && /^\d+$/.test(value)) moved[name] = String(to(Number(value)));
  };
  change(HEADER.position, moves.ingest);
  change(HEADER.firstPosition, moves.ingest);
  const deadIn = headers[DEAD_LETTER_HEADER.topic] as TopicName | undefined;
  if (deadIn === 'ingest' || deadIn === 'enriched') change(DEAD_LETTER_HEADER.offset, moves[deadIn]);
  for (const name of [HEADER.firstKey, HEADER.vainKeys, HEADER.ingestKey]) {
    const keys = moved[name]?.split('\n');
    if (keys !== undefined) moved[name] = keys.map((key) => moves.ingestKey(key)).join('\n');
  }
  return moved;
}

/** Says in a header which record of which log this one is a copy of. `offset` null: of none, but it goes with the copies. */
export function movedFrom(logId: string, offset: number | null): Headers {
  return { [HEADER.movedFrom]: `${logId}/${offset ?? '+'}` };
}

/** What movedFrom wrote; null where the record was not moved. */
export function readMovedFrom(headers: Headers): { readonly logId: string; readonly offset: number | null } | null {
  const found = /^([0-9a-f]+)\/(\d+|\+)$/.exec(headers[HEADER.movedFrom] ?? '');
  if (found === null) return null;
  const [, logId = '', offset = '+'] = found;
  return { logId, offset: offset === '+' ? null : Number(offset) };
}
