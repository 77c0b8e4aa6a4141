import { jitteredBackoffMs } from '../core/backoff.ts';
import { deadLetterRecord } from '../core/dead-letter.ts';
import { FencedError, InputError, isOutage, messageOf, PoisonError } from '../core/errors.ts';
import { accountName } from '../core/keys.ts';
import type { Batch, LogRecord, Subscription } from '../core/ports/event-log.ts';
import type { CommandHandler } from '../core/ports/provider.ts';
import type { Decoded } from '../core/ports/schema-codec.ts';
import { Turns } from '../core/turns.ts';
import { untilReached } from '../core/until-reached.ts';
import type { SyncStarted } from '../schemas/generated/records.ts';
import { metAnotherRun } from './account-lease.ts';
import { endUndone } from './end-undone.ts';
import { OffsetTracker } from './offset-tracker.ts';
import type { RunDeps } from './run-deps.ts';

export interface CommandLoopDeps extends RunDeps {
  /** by provider name */
  readonly handlers: ReadonlyMap<string, CommandHandler>;
}

type Command = Extract<Decoded, { readonly type: 'BackfillCommand' | 'RecheckCommand' | 'SyncCommand' }>;

const ATTEMPTS = 3;
const RETRY_BASE_MS = 1000;
/** Commands of a partition that were taken and have not finished: more wait in the log. */
const MAX_OUTSTANDING = 64;

/**
 * Executes the records of `commands` (group `producer`): one at a time for each account, several accounts side by side. A
 * command counts as read once its run has finished; one that failed three times is given up, as is one past its deadline, so
 * that none blocks the partition for ever: a run says so, for whoever waits. Resolves when it has joined the group.
 */
export function startCommandLoop(deps: CommandLoopDeps): Promise<Subscription> {
  const loop = new CommandLoop(deps);
  return deps.log.subscribe({
    group: 'producer',
    topics: ['commands'],
    handler: (batch) => loop.take(batch),
    onRevoked: (_topic, partition) => loop.drop(partition),
  });
}

class CommandLoop {
  private readonly deps: CommandLoopDeps;
  /** of commands, by account */
  private readonly turns = new Turns();
  private readonly trackers = new Map<number, OffsetTracker>();
  private readonly running = new Map<number, Set<Promise<void>>>();
  private readonly waiting = new Set<() => void>();

  constructor(deps: CommandLoopDeps) {
    this.deps = deps;
  }

  async take(batch: Batch): Promise<void> {
    const tracker = this.trackers.get(batch.partition) ?? new OffsetTracker();
    this.trackers.set(batch.partition, tracker);
    for (const record of batch.records) {
      if (batch.signal.aborted) return;
      if (!tracker.begin(record.offset)) continue;
      try {
        const command = await this.decode(batch, record);
        if (command === null) await this.done(batch, tracker, record.offset);
        else await this.enqueue(batch, tracker, record.offset, command);
      } catch (error) {
        tracker.giveBack(record.offset);
        throw error;
      }
    }
  }

  /** The partition was taken away: its signal stopped the runs; waits until they have ended. */
  async drop(partition: number): Promise<void> {
    const running = this.running.get(partition);
    if (running !== undefined) await Promise.all(running);
    this.trackers.delete(partition);
  }

  private async decode(batch: Batch, record: LogRecord): Promise<Command | null> {
    if (record.value === null) return null;
    try {
      const decoded = this.deps.codec.decode(record.value);
      return isCommand(decoded) ? decoded : null;
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      const { topic, partition } = batch;
      const letter = deadLetterRecord(record, { topic, partition, stage: 'producer', error: messageOf(error) });
      await this.deps.log.append('dead-letter', partition, [letter]);
      return null;
    }
  }

  private async enqueue(batch: Batch, tracker: OffsetTracker, offset: number, command: Command): Promise<void> {
    const running = this.running.get(batch.partition) ?? new Set();
    this.running.set(batch.partition, running);
    while (running.size >= MAX_OUTSTANDING) await this.place(batch.signal);
    const turn = this.turns
      .take(accountName(command.value), async () => {
        if (await this.execute(command, batch.signal)) await this.done(batch, tracker, offset);
      })
      .catch((error: unknown) =>
        this.deps.telemetry.log.error('a command could not be acknowledged', { error: messageOf(error) }),
      )
      .finally(() => {
        running.delete(turn);
        this.placeFree();
      });
    running.add(turn);
  }

  /** Resolves when there may be a place; rejects when the partition is taken away. */
  private async place(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const takenAway = (): void => reject(new FencedError('the partition was taken away'));
      signal.addEventListener('abort', takenAway, { once: true });
      this.waiting.add(() => {
        // A partition is kept for days: its signal must not gather a listener with every command.
        signal.removeEventListener('abort', takenAway);
        resolve();
      });
    });
  }

  private placeFree(): void {
    for (const look of this.waiting) look();
    this.waiting.clear();
  }

  /** False when it was stopped and is to be read again by whoever has the partition next. Never rejects. */
  private async execute(command: Command, signal: AbortSignal): Promise<boolean> {
    const { provider, user, eventId, deadline } = command.value;
    const log = this.deps.telemetry.log.child({ provider, user, command: command.type, eventId });
    const handler = this.deps.handlers.get(provider);
    if (handler === undefined) {
      log.error('a command names no provider of ours, and was ignored');
      return true;
    }
    /** why it is not executed any more */
    let givenUp: string | null = null;
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (givenUp === null && deadline < this.deps.clock.now()) givenUp = 'it came to its turn after its deadline';
      try {
        if (givenUp === null) await dispatch(handler, command, signal);
        else await endUndone(this.deps, command.value, modeOf(command), `the command was given up: ${givenUp}`, signal);
        return true;
      } catch (error) {
        if (signal.aborted) return false;
        if (givenUp === null && isLast(error, attempt)) givenUp = messageOf(error);
        log[givenUp === null ? 'warn' : 'error'](
          givenUp === null ? 'a command failed and is tried again' : 'a command failed and is given up',
          { attempt, error: messageOf(error) },
        );
      }
      await this.deps.clock
        .sleep(jitteredBackoffMs(attempt, this.deps.random(), RETRY_BASE_MS), signal)
        .catch(() => undefined);
    }
    return false;
  }

  private async done(batch: Batch, tracker: OffsetTracker, offset: number): Promise<void> {
    if (tracker.finish(offset) === null || batch.signal.aborted) return;
    const { clock, random, telemetry } = this.deps;
    const patience = {
      what: 'the event log',
      isAway: isOutage,
      clock,
      random,
      log: telemetry.log,
      signal: batch.signal,
    };
    // Nobody else would commit the last one. Later ones may be done before this is written, and are in it then.
    await untilReached(() => batch.commit(tracker.upTo), patience).catch((error: unknown) => {
      if (!(error instanceof FencedError) && !batch.signal.aborted) throw error;
    });
  }
}

function dispatch(handler: CommandHandler, command: Command, signal: AbortSignal): Promise<void> {
  if (command.type === 'BackfillCommand') return handler.backfill(command.value, signal);
  if (command.type === 'RecheckCommand') return handler.recheck(command.value, signal);
  return handler.sync(command.value, signal);
}

/**
 * The run that is in the way ends, or is dead and loses the account; log, store and registry come back: waiting for them is no
 * failure of the command.
 */
function isLast(error: unknown, attempt: number): boolean {
  const passes = metAnotherRun(error) || isOutage(error);
  return error instanceof InputError || (attempt + 1 >= ATTEMPTS && !passes);
}

function modeOf(command: Command): SyncStarted['mode'] {
  if (command.type === 'BackfillCommand') return 'backfill';
  return command.type === 'RecheckCommand' ? 'recheck' : command.value.mode;
}

function isCommand(decoded: Decoded): decoded is Command {
  return decoded.type === 'BackfillCommand' || decoded.type === 'RecheckCommand' || decoded.type === 'SyncCommand';
}
