import { randomUUID } from 'node:crypto';
import { deadLetterRecord } from '../core/dead-letter.ts';
import type { ErasedText } from '../core/erased-text.ts';
import { messageOf, PoisonError } from '../core/errors.ts';
import { type Account, parseScope, scopeName } from '../core/keys.ts';
import type { LedgerRow } from '../core/ledger.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Batch, EventLog, LogRecord, Subscription } from '../core/ports/event-log.ts';
import type { DueStub, ItemStore } from '../core/ports/item-store.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { SchemaCodec } from '../core/ports/schema-codec.ts';
import type { Telemetry } from '../core/ports/telemetry.ts';
import { ConfirmedClock } from './confirmed-clock.ts';
import { LetterEraser, nameOf } from './letter-eraser.ts';
import { COMMAND_IDS, Owed } from './owed.ts';

export interface MaintenanceDeps {
  readonly log: EventLog;
  readonly store: ItemStore;
  readonly codec: SchemaCodec;
  readonly clock: Clock;
  readonly metadata: MetadataStore;
  readonly telemetry: Telemetry;
  /** Forgets cached vectors of texts that no item uses any more, and that the items they were of wait for them. */
  readonly forgetTexts: (texts: readonly ErasedText[]) => Promise<void>;
  /** Forgets what else is kept of items that were purged: `scope item id` each. */
  readonly forgetItems?: (items: readonly string[]) => Promise<void>;
  /** Since when somebody can be asked for what items of the account are, ms; null: nobody can, and they wait. Default: always. */
  readonly askableSince?: (account: Account) => Promise<number | null>;
  /** how long a removed item stays restorable, ms; default 30 days (law 7) */
  readonly trashMs?: number;
  /** between two looks, ms */
  readonly intervalMs?: number;
}

/** What an outcome says was erased. */
interface Told {
  /** its hash is empty where there was none, and its position unknown where an earlier version told it */
  readonly text: ErasedText;
  /** the item's dead letters go too */
  readonly isPurged: boolean;
}

const DAY_MS = 86_400_000;
const DEFAULTS = { trashMs: 30 * DAY_MS, intervalMs: 60_000 };
const ITEMS_A_ROUND = 5_000;
/** Of the time in the trash, so much has to pass before a reading of the clock is believed: a day of 30. */
const CONFIRM_SHARE = 1 / 30;
/** A stub that was asked for is not asked for again meanwhile, unless this process restarts. */
const ASKED_MS = DAY_MS;
const ON_ITS_WAY_MS = 3_600_000;

/**
 * What time brings: trash expires, stubs are asked for again, erased bytes leave the disk. Runs beside a sink.
 * Everything that it writes can be written twice.
 */
export class Maintenance {
  readonly #deps: MaintenanceDeps;
  readonly #owed: Owed;
  readonly #confirmed: ConfirmedClock;
  readonly #letters: LetterEraser;
  readonly #asked = new Map<string, number>();
  /** where the next look at stubs begins: those that cannot be asked for must not keep the others waiting for ever */
  #stubOffset = 0;
  readonly #stopped = new AbortController();
  #subscription: Subscription | null = null;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: MaintenanceDeps) {
    this.#deps = deps;
    this.#owed = new Owed(deps.codec);
    this.#letters = new LetterEraser(deps);
    const { metadata, clock, trashMs = DEFAULTS.trashMs } = deps;
    this.#confirmed = new ConfirmedClock({ metadata, clock, confirmMs: trashMs * CONFIRM_SHARE });
  }

  async start(): Promise<void> {
    this.#subscription = await this.#deps.log.subscribe({
      group: 'eraser',
      topics: ['outcomes', 'dead-letter'],
      handler: (batch) => (batch.topic === 'outcomes' ? this.#afterOutcomes(batch) : this.#afterDeadLetters(batch)),
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#subscription?.close();
    await this.#loop;
  }

  /** One look at what is due. */
  async look(): Promise<void> {
    await this.#expireTrash();
    await this.#askForStubs();
    await this.eraseBytes();
  }

  /** What tombstones and purges freed leaves the disk too (law 7). */
  async eraseBytes(): Promise<void> {
    await this.#deps.log.compact();
    await this.#deps.store.eraseFreed();
  }

  async #run(): Promise<void> {
    const { clock, telemetry, intervalMs = DEFAULTS.intervalMs } = this.#deps;
    while (!this.#stopped.signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        telemetry.log.warn('maintenance failed; it is tried again', { error: messageOf(error) });
      }
      await clock.sleep(intervalMs, this.#stopped.signal).catch(() => undefined);
    }
  }

  async #expireTrash(): Promise<void> {
    const { store, clock, log, trashMs = DEFAULTS.trashMs } = this.#deps;
    const now = await this.#confirmed.now();
    if (now === null) return;
    const expired = await store.expiredTrash(now - trashMs, ITEMS_A_ROUND);
    for (const { scope, row } of expired) {
      const proposed = expiry(scope, row);
      // While the log is long, the decision is on its way for longer than a look takes.
      if ((this.#asked.get(proposed.eventId) ?? 0) > clock.elapsed()) continue;
      const content = await store.item(scope, row.itemId);
      const decided = { url: content?.content?.url ?? null, savedAt: row.savedAt };
      const entry = this.#owed.decision(proposed, decided, clock.now());
      // A copy under the same key would take the decision that acted along when it is erased.
      const key = `${entry.key}~${randomUUID()}`;
      await log.append('ingest', log.partitionOf(entry.account), [{ key, value: entry.value }]);
      this.#asked.set(proposed.eventId, clock.elapsed() + ON_ITS_WAY_MS);
    }
  }

  async #askForStubs(): Promise<void> {
    const { clock, log } = this.#deps;
    const now = clock.now();
    const passed = clock.elapsed();
    for (const [name, until] of this.#asked) if (until < passed - DAY_MS) this.#asked.delete(name);
    const scopes = new Map<string, string[]>();
    for (const { scope, itemId, attempts, firstSeenAt, askableSince } of await this.#dueStubs(now)) {
      const name = `${scope} ${itemId} ${attempts}`;
      const until = this.#asked.get(name);
      if (until !== undefined && until > passed) continue;
      // Stubs that were never tried are on their way, by the command of the snapshot that found them, unless nobody could be
      // asked then; it may have been lost.
      const onItsWay = attempts === 0 && until === undefined && (firstSeenAt ?? now) >= askableSince;
      this.#asked.set(name, passed + (onItsWay ? ON_ITS_WAY_MS : ASKED_MS));
      if (!onItsWay) scopes.set(scope, [...(scopes.get(scope) ?? []), itemId]);
    }
    for (const [scope, itemIds] of scopes) {
      for (let from = 0; from < itemIds.length; from += COMMAND_IDS) {
        const proposed = {
          kind: 'backfill',
          scope,
          reason: 'its content could not be fetched before',
          itemIds: itemIds.slice(from, from + COMMAND_IDS),
          causedBy: null,
        } as const;
        const { entry } = this.#owed.command(proposed, `retry-${now}`, now);
        await log.append('commands', log.partitionOf(entry.account), [{ key: entry.key, value: entry.value }]);
      }
    }
  }

  /** The next of them, of accounts that can be asked. */
  async #dueStubs(now: number): Promise<readonly (DueStub & { readonly askableSince: number })[]> {
    const due = await this.#deps.store.dueStubs(now, ITEMS_A_ROUND, this.#stubOffset);
    this.#stubOffset = due.length < ITEMS_A_ROUND ? 0 : this.#stubOffset + ITEMS_A_ROUND;
    const { askableSince = async () => 0 } = this.#deps;
    const since = new Map<string, number | null>();
    for (const scope of new Set(due.map((stub) => stub.scope))) since.set(scope, await askableSince(parseScope(scope)));
    return due.flatMap((stub) => {
      const from = since.get(stub.scope) ?? null;
      return from === null ? [] : [{ ...stub, askableSince: from }];
    });
  }

  /** Law 7: dead letters and cached vectors of purged items go, when no other item uses them. */
  async #afterOutcomes(batch: Batch): Promise<void> {
    const told: Told[] = [];
    for (const record of batch.records) {
      try {
        const outcome = this.#read(record);
        if (outcome !== null) told.push(outcome);
      } catch (error) {
        if (!(error instanceof PoisonError) && !(error instanceof SyntaxError)) throw error;
        await this.#deadLetter(batch, record, messageOf(error));
      }
    }
    if (told.length > 0) await this.#forget(batch, told);
    await batch.commit((batch.records.at(-1)?.offset ?? 0) + 1);
  }

  /** Null for what has nothing to do with erasure. */
  #read({ value }: LogRecord): Told | null {
    if (value === null) return null;
    const decoded = this.#deps.codec.decode(value);
    if (decoded.type !== 'Outcome') return null;
    const { kind, provider, user, collection, itemId, evidence } = decoded.value;
    if (kind !== 'purged' && kind !== 'erased') return null;
    const { textHash = '', position = null } = JSON.parse(evidence) as { textHash?: string; position?: number };
    const scope = scopeName({ provider, user, collection: collection ?? '' });
    return { text: { textHash, scope, itemId: itemId ?? '', position }, isPurged: kind === 'purged' };
  }

  async #deadLetter({ topic, partition }: Batch, record: LogRecord, error: string): Promise<void> {
    const { log, telemetry } = this.#deps;
    telemetry.metrics.count('hoardarr_dead_letters', 1, { stage: 'eraser' });
    telemetry.log.error('an outcome went to the dead letters', { partition, offset: record.offset, error });
    await log.append('dead-letter', partition, [
      deadLetterRecord(record, { topic, partition, stage: 'eraser', error }),
    ]);
  }

  async #forget({ partition, signal }: Batch, told: readonly Told[]): Promise<void> {
    const { store, forgetTexts, forgetItems } = this.#deps;
    const unused: ErasedText[] = [];
    for (const { text } of told) if (text.textHash !== '' && !(await store.usesText(text.textHash))) unused.push(text);
    if (unused.length > 0) await forgetTexts(unused);
    const items = told.flatMap(({ text, isPurged }) => (isPurged ? [text] : []));
    await forgetItems?.(items.map(nameOf));
    await this.#letters.eraseOf(partition, items, signal);
    await this.eraseBytes();
  }

  async #afterDeadLetters(batch: Batch): Promise<void> {
    if (await this.#letters.eraseLate(batch.partition, batch.records, batch.signal)) await this.eraseBytes();
    await batch.commit((batch.records.at(-1)?.offset ?? 0) + 1);
  }
}

/**
 * Its basis is that of the removal: whatever was seen since then, also by a snapshot whose End is still to come, keeps the
 * item from being purged.
 */
function expiry(scope: string, row: LedgerRow): Parameters<Owed['decision']>[0] {
  return {
    eventId: `expire:${scope}:${row.itemId}:${row.decided}`,
    scope,
    itemId: row.itemId,
    operation: 'purge',
    author: 'sink',
    basisDecided: row.decided,
    basisSeen: row.basisSeen,
    reason: 'its time in the trash is over',
    snapshotId: null,
    syncId: null,
    personOnly: false,
    firstId: null,
    firstAt: null,
    url: null,
    evidence: { trashedAt: row.trashedAt === null ? null : new Date(row.trashedAt).toISOString() },
  };
}
