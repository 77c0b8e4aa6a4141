/** The errors that stages act on. Each says in its doc what the caller does with it. */

/** Bad input of a person: exit status 2, HTTP 400. The message says what is wrong and what to do. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
  readonly details: Readonly<Record<string, unknown>>;
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.details = details;
  }
}

/** No such thing: exit status 2, HTTP 404. */
export class NotFoundError extends InputError {
  override readonly name = 'NotFoundError';
}

/** A server refuses our user or settings, or holds what will not do: as InputError. It says nothing of the data folder. */
export class ServerRefusalError extends InputError {
  override readonly name = 'ServerRefusalError';
}

/** Bytes that are no record of ours: the record goes to the dead letters whole, and the rest of its batch goes on. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
}

/** Nobody can be asked now what the bytes mean: back off and read the record again. It is no poison. */
export class SchemasUnavailableError extends Error {
  override readonly name = 'SchemasUnavailableError';
}

/** A value that does not fit its schema: a bug of the writer; nothing was written. */
export class InvalidRecordError extends Error {
  override readonly name = 'InvalidRecordError';
}

/** Nothing was written: the record exceeds the limit of its topic. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError';
}

/** The log cannot be reached now: back off and try again; an append may or may not have been written. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

/** Somebody else owns this now (partition, run, lease): stop, and change nothing more. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** The embedding provider is down: back off; after a limit items pass on without a vector (law 10). */
export class EmbedderUnavailableError extends Error {
  override readonly name = 'EmbedderUnavailableError';
  /** ms that the provider asked to wait, if it did */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The store cannot be reached or refuses everything: nothing of the change was applied; back off and try again. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** Something else is under way that this must not run beside: try again when it has ended; HTTP 409. The message says what. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/** The account needs to be connected again: exit status 3. */
export class ReauthorizationError extends Error {
  override readonly name = 'ReauthorizationError';
}

/** Log, store or registry are away, and come back: whoever can wait does, and begins anew. */
export function isOutage(error: unknown): error is Error {
  return [LogUnavailableError, StoreUnavailableError, SchemasUnavailableError].some(
    (outage) => error instanceof outage,
  );
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
