import { load } from 'sqlite-vec';
import type { Database } from './open.ts';

/** Adds the functions and the virtual table `vec0` of sqlite-vec to a connection. */
export function loadVec(db: Database): void {
  load(db);
}
