import { jitteredBackoffMs } from '../../core/backoff.ts';
import { accountName } from '../../core/keys.ts';
import type { Clock, Random } from '../../core/ports/clock.ts';
import type { EventLog } from '../../core/ports/event-log.ts';
import type { MetadataStore } from '../../core/ports/metadata-store.ts';
import type { Telemetry } from '../../core/ports/telemetry.ts';
import { readBackupState } from '../backup-schedule.ts';
import { backupNotice, deadLettersNotice, type HeldInScope, heldNotice, type Notice, reauthNotice } from './notice.ts';
import { isTold, newDeadLetters, refusedAccounts } from './owed.ts';
import type { Receiver } from './receiver.ts';
import { type SendDeps, send } from './send.ts';
import { readTold, type Told, writeTold } from './told.ts';

export interface TargetNotifierDeps extends SendDeps {
  readonly log: EventLog;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** names of the providers that can be asked for a list */
  readonly providers: readonly string[];
  readonly isGone: (instance: string) => boolean;
  readonly heldNow: (isLast: boolean) => Promise<readonly HeldInScope[]>;
}

/** What is not told yet, and what is known as told once it is. */
interface News {
  readonly notice: Notice;
  readonly noted: (told: Told) => Told;
}

/** What still grows is told when it has come to rest, but not later than this. */
const LONGEST_WAIT_MS = 60_000;
/** Longer than sending takes: a process that is gone by then is not waited for. */
const CLAIM_MS = 120_000;
export const LOOK_MS = 5_000;
const BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 900_000;

/**
 * Tells one target what waits for a person, and remembers in the metadata what it told, so that a target that was away is told
 * once how things are, and others are not told again meanwhile. Of several processes one tells, by a claim that is taken by
 * compare-and-set. A crash between sending and noting repeats a message, with the same id, and loses none.
 */
export class TargetNotifier {
  readonly #deps: TargetNotifierDeps;
  readonly #id: string;
  readonly #receiver: Receiver;
  readonly #by: string;
  #seen = { text: '', since: 0 };
  #failures = 0;
  #nextTryAt = 0;

  /** @param by names this process, as in leases */
  constructor(deps: TargetNotifierDeps, id: string, receiver: Receiver, by: string) {
    this.#deps = deps;
    this.#id = id;
    this.#receiver = receiver;
    this.#by = by;
  }

  /** Tells what is owed and has come to rest, or, at the last look, whatever is owed. */
  async look(isLast: boolean): Promise<void> {
    const { metadata, clock } = this.#deps;
    if (clock.elapsed() < this.#nextTryAt) return;
    const { told, version } = await readTold(metadata, this.#id);
    if (this.#isToldByAnother(told)) return;
    const { base, news } = await this.#owed(told, isLast);
    if (news.length > 0 && (isLast || this.#rests(news))) {
      await this.#tell(base, version, news);
      this.#seen = { text: '', since: 0 };
    } else if (news.length === 0) {
      this.#seen = { text: '', since: 0 };
      // What was told of has changed: it was decided, redriven, connected, or held anew.
      if (JSON.stringify(base) !== JSON.stringify(told)) await writeTold(metadata, this.#id, version, base);
    }
  }

  #isToldByAnother({ claim }: Told): boolean {
    if (claim === null || claim.by === this.#by) return false;
    const leftMs = claim.until - this.#deps.clock.now();
    // A claim for longer than one is made is of a clock that was ahead, and put right since.
    return leftMs > 0 && leftMs <= CLAIM_MS && !this.#deps.isGone(claim.by);
  }

  /** `base`: what counts as told, news or not. */
  async #owed(told: Told, isLast: boolean): Promise<{ readonly base: Told; readonly news: readonly News[] }> {
    const { metadata, log, providers } = this.#deps;
    const news: News[] = [];
    const accounts: Record<string, number> = {};
    for (const account of await refusedAccounts(metadata, providers)) {
      const [name, connectedAt] = [accountName(account), account.connectedAt ?? 0];
      if (told.accounts[name] === connectedAt) accounts[name] = connectedAt;
      else
        news.push({
          notice: reauthNotice(account),
          noted: (now) => ({ ...now, accounts: { ...now.accounts, [name]: connectedAt } }),
        });
    }
    const all = await this.#deps.heldNow(isLast);
    const unheard = all.filter((each) => !isTold(each, told));
    const held = Object.fromEntries(all.map(({ scope, digest, sketch }) => [scope, { digest, sketch }]));
    if (unheard.length > 0) news.push({ notice: heldNotice(unheard), noted: (now) => ({ ...now, held }) });
    const dead = await newDeadLetters(log, told);
    const isDead = Object.keys(dead.byStage).length > 0;
    if (isDead)
      news.push({
        notice: deadLettersNotice(dead.byStage, Object.values(dead.next).join('-')),
        noted: (now) => ({ ...now, deadLetters: dead.next }),
      });
    const { failure } = await readBackupState(metadata);
    const isBackupNews = failure !== null && failure.slot !== told.backupSlot;
    if (isBackupNews)
      news.push({ notice: backupNotice(failure), noted: (now) => ({ ...now, backupSlot: failure.slot }) });
    const base: Told = {
      claim: null,
      accounts,
      held: unheard.length > 0 ? told.held : held,
      deadLetters: isDead ? told.deadLetters : dead.next,
      backupSlot: failure === null ? 0 : told.backupSlot,
    };
    return { base, news };
  }

  /** Removals are held one by one, and told of together. */
  #rests(news: readonly News[]): boolean {
    const text = news.map(({ notice }) => notice.id).join('\n');
    const elapsed = this.#deps.clock.elapsed();
    const isSame = text === this.#seen.text;
    this.#seen = { text, since: this.#seen.text === '' ? elapsed : this.#seen.since };
    return isSame || elapsed - this.#seen.since >= LONGEST_WAIT_MS;
  }

  /** In their order, until one is refused; each is noted before the next. Another process that took over keeps its own. */
  async #tell(base: Told, read: string | null, news: readonly News[]): Promise<void> {
    const { metadata, clock } = this.#deps;
    const claim = { by: this.#by, until: clock.now() + CLAIM_MS };
    let told: Told = { ...base, claim };
    let version = await writeTold(metadata, this.#id, read, told);
    if (version === null) return;
    for (const { notice, noted } of news) {
      if (!(await this.#send(notice))) break;
      told = { ...noted(told), claim: { ...claim, until: clock.now() + CLAIM_MS } };
      version = await writeTold(metadata, this.#id, version, told);
      if (version === null) return;
    }
    await writeTold(metadata, this.#id, version, { ...told, claim: null });
  }

  /** True where it needs not be sent again. */
  async #send(notice: Notice): Promise<boolean> {
    const { telemetry, clock, random } = this.#deps;
    const { event } = notice;
    const sent = await send(this.#deps, this.#receiver, notice, clock.now());
    const about = { event, receiver: this.#receiver.kind };
    telemetry.metrics.count('hoardarr_notifications', 1, { event, result: sent.is === 'taken' ? 'sent' : 'failed' });
    if (sent.is !== 'refused') {
      this.#failures = 0;
      // Sent again, it would come twice to those who have it.
      if (sent.is === 'partly')
        telemetry.log.warn('a notification did not reach everybody; it is not sent again', {
          ...about,
          error: sent.detail,
        });
      return true;
    }
    const backoffMs = jitteredBackoffMs(this.#failures++, random(), BACKOFF_MS, LONGEST_BACKOFF_MS);
    this.#nextTryAt = clock.elapsed() + Math.max(backoffMs, sent.retryAfterMs, LOOK_MS);
    telemetry.log.warn('a notification could not be handed over; it is tried again', { ...about, error: sent.detail });
    return false;
  }
}
