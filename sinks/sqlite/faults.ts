import { messageOf, StoreUnavailableError } from '../../core/errors.ts';
import { databaseFault } from '../../sqlite/faults.ts';

/** The store will never take this item as it is; the others of its batch are not concerned. */
export class ItemRefusedError extends Error {
  override readonly name = 'ItemRefusedError';
}

// Result codes that speak of a value, not of the database: https://www.sqlite.org/rescode.html
const VALUE_FAULTS = /^SQLITE_(TOOBIG|CONSTRAINT|MISMATCH|RANGE)/;

// What better-sqlite3 says of a value that it cannot bind (its src/util/binder.cpp); TypeErrors at large would hide bugs.
const UNBINDABLE = /^SQLite3 can only bind|^The bound string, buffer, or bigint is too big/;

/** Whether an error of writing an item is that item's own: it does not fit, whatever the state of the database. */
export function isItemFault(error: unknown): boolean {
  if (error instanceof ItemRefusedError) return true;
  if (error instanceof Error && UNBINDABLE.test(error.message)) return true;
  return typeof error === 'object' && error !== null && 'code' in error && VALUE_FAULTS.test(String(error.code));
}

/** What a caller of the store is told: StoreUnavailableError where trying again can help, else the error as it is. */
export function toStoreError(error: unknown): unknown {
  const fault = databaseFault(error);
  if (fault === null) return error;
  return new StoreUnavailableError(`the store cannot be used now (${fault}): ${messageOf(error)}`, { cause: error });
}
