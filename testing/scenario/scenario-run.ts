import type { Scope } from '../../core/keys.ts';
import { SLOT } from '../../core/keys.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import { digestOfIds } from '../../core/set-digest.ts';
import type { ItemVerdict, RawItem, SnapshotEnd, SyncStarted } from '../../schemas/generated/records.ts';

/** What a run needs of its scenario. */
export interface ScenarioLog {
  readonly scope: Scope;
  /** ms since the epoch */
  readonly now: number;
  append(decoded: Decoded, slot: string, eventId: string): ScenarioRecord;
}

export interface ScenarioRecord {
  readonly position: number;
  readonly key: string;
  /** null: a tombstone */
  readonly decoded: Decoded | null;
  readonly first: number;
  /** of a redriven one: its first key, and those of redrives in vain */
  readonly otherKeys: readonly string[];
}

/** What a run's SyncStarted says of it. */
export type RunDetail = Partial<Pick<SyncStarted, 'causedBy' | 'commandId' | 'login' | 'credentialKind'>>;

type Entry = { readonly id: string; readonly hash?: string; readonly savedAt?: number | null };

/** A run of a producer in a scenario: what it appends carries its fencing number and counts up. */
export class ScenarioRun {
  readonly syncId: string;
  readonly started: ScenarioRecord;
  readonly #scenario: ScenarioLog;
  readonly #fence: number;
  #seq = 0;
  #snapshots = 0;

  constructor(
    scenario: ScenarioLog,
    fence: number,
    mode: 'delta' | 'full' | 'import' | 'recheck' | 'backfill',
    detail: RunDetail,
  ) {
    this.#scenario = scenario;
    this.#fence = fence;
    this.syncId = `sync-${fence}`;
    const { provider, user } = scenario.scope;
    const head = this.#head();
    this.started = scenario.append(
      {
        type: 'SyncStarted',
        value: {
          ...head,
          provider,
          user,
          mode,
          login: detail.login ?? null,
          causedBy: detail.causedBy ?? null,
          commandId: detail.commandId ?? null,
          credentialKind: detail.credentialKind ?? null,
        },
      },
      SLOT.run,
      head.eventId,
    );
  }

  item(
    itemId: string,
    detail: Partial<Omit<RawItem, 'document'>> & {
      readonly text?: string | null;
      readonly savedAt?: number | null;
    } = {},
  ): ScenarioRecord {
    const { savedAt = null, text: given, ...rest } = detail;
    const content = rest.content ?? 'full';
    const told = given === undefined && content === 'full' ? `text of ${itemId}` : (given ?? null);
    const text = content === 'full' || content === 'stub' ? told : null;
    const head = this.#head();
    const document = {
      url: `https://example.org/${itemId}`,
      title: text,
      author: null,
      body: null,
      savedAt,
      createdAt: null,
      thumbnailUrl: null,
      extra: '{}',
    };
    const value: RawItem = {
      ...head,
      ...this.#scenario.scope,
      itemId,
      sighting: false,
      content,
      document,
      text,
      documentHash: '',
      truncated: false,
      payload: null,
      ...rest,
    };
    return this.#scenario.append({ type: 'RawItem', value }, itemId, head.eventId);
  }

  /** Begin, one chunk for every `chunkSize` entries, and End; parts can be left out by the caller's own begin/chunk/end. */
  snapshot(entries: readonly (string | Entry)[], end: Partial<SnapshotEnd> = {}, chunkSize = 2): string {
    const snapshotId = this.begin(end.login ?? null, end.asOf ?? null);
    const all = entries.map((entry) => (typeof entry === 'string' ? { id: entry } : entry));
    const chunks = end.digestOnly === true ? 0 : this.chunks(snapshotId, all, chunkSize);
    this.end(
      snapshotId,
      all.map((entry) => entry.id),
      { chunks, ...end },
    );
    return snapshotId;
  }

  begin(login: string | null = null, asOf: number | null = null): string {
    const head = this.#head();
    const snapshotId = `${this.syncId}.${this.#snapshots++}`;
    this.#scenario.append(
      { type: 'SnapshotBegin', value: { ...head, ...this.#scenario.scope, snapshotId, login, asOf } },
      SLOT.begin,
      head.eventId,
    );
    return snapshotId;
  }

  chunks(snapshotId: string, entries: readonly Entry[], size = 2): number {
    let index = 0;
    for (let from = 0; from < entries.length; from += size)
      this.chunk(snapshotId, index++, entries.slice(from, from + size));
    return index;
  }

  chunk(snapshotId: string, index: number, entries: readonly Entry[]): ScenarioRecord {
    const head = this.#head();
    const hashed = entries.some((entry) => entry.hash !== undefined);
    const documentHashes = hashed ? entries.map((entry) => (entry.hash ?? '').padEnd(22, '.')).join('') : '';
    const savedAt = entries.some((entry) => typeof entry.savedAt === 'number')
      ? entries.map((entry) => entry.savedAt ?? -1)
      : [];
    return this.#scenario.append(
      {
        type: 'SnapshotChunk',
        value: {
          ...head,
          ...this.#scenario.scope,
          snapshotId,
          index,
          itemIds: entries.map((entry) => entry.id),
          documentHashes,
          savedAt,
        },
      },
      SLOT.chunk,
      head.eventId,
    );
  }

  end(snapshotId: string, ids: readonly string[], detail: Partial<SnapshotEnd> = {}): ScenarioRecord {
    const head = this.#head();
    const distinct = [...new Set(ids)].toSorted();
    const value: SnapshotEnd = {
      ...head,
      ...this.#scenario.scope,
      snapshotId,
      status: 'complete',
      reason: null,
      login: null,
      chunks: 0,
      count: distinct.length,
      digest: digestOfIds(distinct),
      contentDigest: digestOfIds(distinct.map((id) => `${id} content`)),
      digestOnly: false,
      coverage: 'complete',
      kinds: [''],
      proof: 'absence',
      asOf: null,
      oldestRow: null,
      explicitlyEmpty: ids.length === 0,
      evidence: '{}',
      ...detail,
    };
    return this.#scenario.append({ type: 'SnapshotEnd', value }, SLOT.end, head.eventId);
  }

  verdict(
    itemId: string,
    answer: ItemVerdict['answer'],
    asked: {
      readonly snapshotId: string;
      readonly snapshotBegin: number;
      readonly scopeCount?: number;
      readonly emptyListing?: boolean;
    },
  ): ScenarioRecord {
    const head = this.#head();
    const value: ItemVerdict = {
      ...head,
      ...this.#scenario.scope,
      itemId,
      snapshotId: asked.snapshotId,
      snapshotBegin: asked.snapshotBegin,
      started: this.started.position,
      scopeCount: asked.scopeCount ?? 0,
      emptyListing: asked.emptyListing ?? false,
      answer,
      login: null,
      evidence: '{}',
    };
    return this.#scenario.append({ type: 'ItemVerdict', value }, itemId, head.eventId);
  }

  finish(status: 'done' | 'aborted' = 'done', error: string | null = null): ScenarioRecord {
    const head = this.#head();
    const { provider, user } = this.#scenario.scope;
    return this.#scenario.append(
      { type: 'SyncFinished', value: { ...head, provider, user, status, error, counts: {} } },
      SLOT.run,
      head.eventId,
    );
  }

  #head(): {
    readonly eventId: string;
    readonly at: number;
    readonly syncId: string;
    readonly fence: number;
    readonly seq: number;
  } {
    const seq = this.#seq++;
    return { eventId: `f${this.#fence}.${seq}`, at: this.#scenario.now, syncId: this.syncId, fence: this.#fence, seq };
  }
}
