import type { EventLog, PartitionEnd, TopicName } from './event-log.ts';

/** Where every partition of every topic ended when it was read to the end. */
export type LogEnds = ReadonlyMap<TopicName, readonly PartitionEnd[]>;

/**
 * A log that can be left for another one, by `migrate` alone: everything in it is copied first, and then nothing is ever
 * appended to it again. Adapter: transport/embedded.
 */
export interface MovableLog extends EventLog {
  /** Made with the log, and never another: tells whose records another log holds. */
  readonly id: string;
  /** Name of the log that counts instead of this one; null while this one counts. */
  movedTo(): string | null;
  /**
   * Lets every append of any process reject with LogUnavailableError, whose callers try again, for so long, or until `resume`.
   * It lasts no longer when the caller dies.
   */
  hold(forMs: number): Promise<void>;
  resume(): Promise<void>;
  /**
   * From now on every append of any process rejects with FencedError. False, and nothing is changed, where any partition has
   * another end than `ends` says: somebody appended meanwhile.
   */
  leave(to: string, ends: LogEnds): Promise<boolean>;
}
