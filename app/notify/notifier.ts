import { jitteredBackoffMs } from '../../core/backoff.ts';
import { messageOf } from '../../core/errors.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { Telemetry } from '../../core/ports/telemetry.ts';
import { causeOf } from '../../producers/http/fetch-body.ts';
import { changeSyncMetadata } from '../../producers/sync-metadata.ts';
import { randomUuid } from '../../producers/uuid.ts';
import {
  deadLettersNotice,
  type HeldInScope,
  heldNotice,
  type Notice,
  type RefusedAccount,
  reauthNotice,
} from './notice.ts';
import { heldNow, isTold, type NewDeadLetters, newDeadLetters, untoldAccounts } from './owed.ts';
import { type Receiver, refusalOf, requestFor } from './receiver.ts';
import { readTold, type Told, writeTold } from './told.ts';

export interface NotifierDeps {
  readonly log: EventLog;
  readonly metadata: MetadataStore;
  readonly store: ItemStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly fetch: typeof fetch;
  readonly receiver: Receiver;
  /** names of the providers that can be asked for a list */
  readonly providers: readonly string[];
  /** names this process, as in leases */
  readonly instance: string;
  readonly isGone: (instance: string) => boolean;
}

const LOOK_MS = 5_000;
/** What still grows is told when it has come to rest, but not later than this. */
const LONGEST_WAIT_MS = 60_000;
/** Longer than a round of sending takes: a process that is gone by then is not waited for. */
const CLAIM_MS = 120_000;
const TIMEOUT_MS = 10_000;
const BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 900_000;

/** What is to be told, as it is now. */
interface Owed {
  readonly accounts: readonly RefusedAccount[];
  readonly held: Told['held'];
  readonly dead: NewDeadLetters;
  readonly notices: readonly Notice[];
}

/**
 * Tells a person, at the address of HOARDARR_NOTIFY_URL, what waits for one: accounts that need to be connected again, held
 * removals, dead letters. It looks at what is true and remembers in the metadata what it told, so that whatever came together is
 * one message, a receiver that was away is told once how things are, and a crash repeats a message but loses none. Of several
 * processes one tells, by a claim that is taken by compare-and-set. Nothing waits for it.
 */
export class Notifier {
  readonly #deps: NotifierDeps;
  /** a process may have several, one after the other */
  readonly #id: string;
  readonly #stopping = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #seen = { text: '', since: 0 };
  /** as of this end of the outcomes: whatever is held or decided is told of there */
  #held: { readonly ends: string; readonly now: readonly HeldInScope[] } = { ends: '', now: [] };
  #failures = 0;
  #nextTryAt = 0;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#id = `${deps.instance}:${randomUuid(deps.random)}`;
  }

  async start(): Promise<void> {
    this.#ended = this.#run();
  }

  /** Tells what is left, in one attempt: a command that ends may be the only process for hours. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
    await this.#lookSafely(true);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#lookSafely(false);
      await this.#deps.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }

  async #lookSafely(isLast: boolean): Promise<void> {
    await this.look(isLast).catch((error: unknown) =>
      this.#deps.telemetry.log.error('what waits for a person could not be looked up; the next look does it', {
        error: messageOf(error),
      }),
    );
  }

  /** Tells what is owed and has come to rest, or, at the last look, whatever is owed. */
  async look(isLast = false): Promise<void> {
    const { metadata, clock, isGone } = this.#deps;
    if (clock.elapsed() < this.#nextTryAt) return;
    const { told, version } = await readTold(metadata);
    const { claim } = told;
    if (claim !== null && claim.by !== this.#id && claim.until > clock.now() && !isGone(claim.by)) return;
    const owed = await this.#owed(told, isLast);
    if (owed.notices.length === 0) {
      await this.#note(version, told, owed);
      return;
    }
    if (!isLast && !this.#rests(owed)) return;
    const claimed: Told = { ...told, claim: { by: this.#id, until: clock.now() + CLAIM_MS } };
    if (!(await writeTold(metadata, version, claimed))) return;
    const sent = await this.#tell(owed);
    await this.#settle(told, owed, sent);
  }

  async #owed(told: Told, isLast: boolean): Promise<Owed> {
    const { metadata, log, providers } = this.#deps;
    const accounts = await untoldAccounts(metadata, providers);
    const held = await this.#heldNow(isLast);
    const dead = await newDeadLetters(log, told);
    const news = held.filter((each) => !isTold(each, told));
    const notices = accounts.map(reauthNotice);
    if (news.length > 0) notices.push(heldNotice(news));
    if (Object.keys(dead.byStage).length > 0)
      notices.push(deadLettersNotice(dead.byStage, Object.values(dead.next).join('-')));
    return {
      accounts,
      dead,
      notices,
      held: Object.fromEntries(held.map(({ scope, count, digest }) => [scope, { count, digest }])),
    };
  }

  async #heldNow(isLast: boolean): Promise<readonly HeldInScope[]> {
    const ends = JSON.stringify(await this.#deps.log.ends('outcomes'));
    // At the last look an outcome may still be on its way.
    if (isLast || ends !== this.#held.ends) this.#held = { ends, now: await heldNow(this.#deps.store) };
    return this.#held.now;
  }

  /** Removals are held one by one, and told of together. */
  #rests({ notices }: Owed): boolean {
    const text = notices.map(({ id }) => id).join('\n');
    const now = this.#deps.clock.now();
    const isSame = text === this.#seen.text;
    this.#seen = { text, since: this.#seen.text === '' ? now : this.#seen.since };
    return isSame || now - this.#seen.since >= LONGEST_WAIT_MS;
  }

  /** Resolves to the events of which everything was told. */
  async #tell({ notices, accounts }: Owed): Promise<ReadonlySet<Notice['event']>> {
    const failed = new Set<Notice['event']>();
    for (const [index, notice] of notices.entries()) {
      const isSent = failed.size === 0 && (await this.#send(notice));
      if (!isSent) failed.add(notice.event);
      // The notices of accounts are the first ones, in their order.
      const account = notice.event === 'needs-reauth' ? accounts[index] : undefined;
      if (isSent && account !== undefined) await this.#markTold(account);
    }
    return new Set(notices.map(({ event }) => event).filter((event) => !failed.has(event)));
  }

  async #markTold(account: RefusedAccount): Promise<void> {
    await changeSyncMetadata(this.#deps.metadata, account, (metadata) => ({
      ...metadata,
      reauthTold: metadata.needsReauth && metadata.connectedAt === account.connectedAt,
    }));
  }

  async #send(notice: Notice): Promise<boolean> {
    const { telemetry, clock, receiver, random } = this.#deps;
    const { event } = notice;
    try {
      const { url, headers, body } = requestFor(receiver, notice, clock.now());
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const reply = await this.#deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await reply.body?.cancel();
      const refusal = refusalOf(receiver, reply.status);
      if (refusal !== null) throw new RefusedError(refusal);
      this.#failures = 0;
      telemetry.metrics.count('hoardarr_notifications', 1, { event, result: 'sent' });
      return true;
    } catch (error) {
      const backoffMs = jitteredBackoffMs(this.#failures++, random(), BACKOFF_MS, LONGEST_BACKOFF_MS);
      this.#nextTryAt = clock.elapsed() + Math.max(backoffMs, LOOK_MS);
      telemetry.metrics.count('hoardarr_notifications', 1, { event, result: 'failed' });
      telemetry.log.warn('a notification could not be handed over; it is tried again', {
        event,
        receiver: receiver.kind,
        error: reasonOf(error),
      });
      return false;
    }
  }

  /** Keeps what was told; another process that took over meanwhile keeps its own. */
  async #settle(told: Told, owed: Owed, sent: ReadonlySet<Notice['event']>): Promise<void> {
    const { metadata } = this.#deps;
    const current = await readTold(metadata);
    if (current.told.claim?.by !== this.#id) return;
    const isOwed = (event: Notice['event']): boolean => owed.notices.some((notice) => notice.event === event);
    const keeps = (event: Notice['event']): boolean => isOwed(event) && !sent.has(event);
    await writeTold(metadata, current.version, {
      claim: null,
      held: keeps('held') ? told.held : owed.held,
      deadLetters: keeps('dead-letters') ? told.deadLetters : owed.dead.next,
    });
    this.#seen = { text: '', since: 0 };
  }

  /** Nobody needs to be told, but what was told of has changed: it was decided, redriven, or held anew. */
  async #note(version: string | null, told: Told, { held, dead }: Owed): Promise<void> {
    this.#seen = { text: '', since: 0 };
    const next: Told = { claim: null, held, deadLetters: dead.next };
    if (JSON.stringify(next) !== JSON.stringify(told)) await writeTold(this.#deps.metadata, version, next);
  }
}

/** The receiver answered, but did not take it. */
class RefusedError extends Error {}

/** Why it failed, in a word: what fetch says itself may hold the address, which is a secret. */
function reasonOf(error: unknown): string {
  if (error instanceof RefusedError) return error.message;
  const cause = causeOf(error);
  return /^[A-Z][A-Z_]+$/.test(cause) ? cause : 'it did not answer';
}
