import { SLOT } from '../../core/keys.ts';
import { digestOfIds } from '../../core/set-digest.ts';
import type { SnapshotEnd } from '../../schemas/generated/records.ts';
import type { ProducerDeps } from './producer-deps.ts';
import { msOf, SCOPE } from './types.ts';

/** Kinds of id that a whole listing covers. */
export const KINDS = ['t3', 't1'];

/** Digest over ids and document hashes. */
export function contentOf(entries: readonly { readonly id: string; readonly hash: string }[]): string {
  return digestOfIds(entries.map((entry) => `${entry.id} ${entry.hash}`));
}

/** Writes the records of snapshots. */
export class SnapshotWriter {
  readonly #deps: ProducerDeps;

  constructor(deps: ProducerDeps) {
    this.#deps = deps;
  }

  begin(run: ProducerRun, snapshotId: string, observed: number, asOf: number | null): void {
    this.#deps.log.append(
      {
        type: 'SnapshotBegin',
        value: { ...run.next(), at: msOf(observed), ...SCOPE, snapshotId, login: 'login 1', asOf },
      },
      SLOT.begin,
    );
  }

  chunk(
    run: ProducerRun,
    snapshotId: string,
    index: number,
    entries: readonly { id: string; hash: string; savedAt?: number }[],
  ): void {
    const savedAt = entries.some((entry) => entry.savedAt !== undefined)
      ? entries.map((entry) => entry.savedAt ?? -1)
      : [];
    this.#deps.log.append(
      {
        type: 'SnapshotChunk',
        value: {
          ...run.next(),
          at: msOf(this.#deps.world.clock),
          ...SCOPE,
          snapshotId,
          index,
          itemIds: entries.map((entry) => entry.id),
          documentHashes: entries.map((entry) => entry.hash).join(''),
          savedAt,
        },
      },
      SLOT.chunk,
    );
  }

  end(
    run: ProducerRun,
    snapshotId: string,
    entries: readonly { id: string; hash: string }[],
    detail: Partial<SnapshotEnd>,
  ): void {
    const value: SnapshotEnd = {
      ...run.next(),
      at: msOf(this.#deps.world.clock),
      ...SCOPE,
      snapshotId,
      status: 'complete',
      reason: null,
      login: 'login 1',
      chunks: 0,
      count: entries.length,
      digest: digestOfIds(entries.map((entry) => entry.id)),
      contentDigest: contentOf(entries),
      digestOnly: false,
      coverage: 'complete',
      kinds: KINDS,
      proof: this.#deps.proof,
      asOf: null,
      oldestRow: null,
      explicitlyEmpty: true,
      evidence: '{}',
      ...detail,
    };
    this.#deps.log.append({ type: 'SnapshotEnd', value }, SLOT.end);
  }
}

/** A run of a producer: its records carry its number, and count up. */
export class ProducerRun {
  readonly fence: number;
  readonly syncId: string;
  readonly #deps: ProducerDeps;
  readonly #mode: 'full' | 'import' | 'delta' | 'recheck' | 'backfill';
  readonly #command: { readonly eventId: string; readonly causedBy: string | null } | undefined;
  #seq = 0;

  constructor(
    deps: ProducerDeps,
    fence: number,
    mode: 'full' | 'import' | 'delta' | 'recheck' | 'backfill',
    command: { readonly eventId: string; readonly causedBy: string | null } | undefined,
  ) {
    this.#deps = deps;
    this.fence = fence;
    this.syncId = `sync ${fence}`;
    this.#mode = mode;
    this.#command = command;
  }

  next(): { readonly eventId: string; readonly syncId: string; readonly fence: number; readonly seq: number } {
    const seq = this.#seq++;
    return { eventId: `f${this.fence}.${seq}`, syncId: this.syncId, fence: this.fence, seq };
  }

  start(): number {
    const { provider, user } = SCOPE;
    return this.#deps.log.append(
      {
        type: 'SyncStarted',
        value: {
          ...this.next(),
          at: msOf(this.#deps.world.clock),
          provider,
          user,
          mode: this.#mode,
          login: 'login 1',
          causedBy: this.#command?.causedBy ?? null,
          commandId: this.#command?.eventId ?? null,
          credentialKind: this.#deps.proof === 'walks' ? 'public' : null,
        },
      },
      SLOT.run,
    );
  }

  finish(): void {
    const { provider, user } = SCOPE;
    this.#deps.log.append(
      {
        type: 'SyncFinished',
        value: {
          ...this.next(),
          at: msOf(this.#deps.world.clock),
          provider,
          user,
          status: 'done',
          error: null,
          counts: {},
        },
      },
      SLOT.run,
    );
  }
}
