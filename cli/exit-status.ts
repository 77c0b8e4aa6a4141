import { InputError, ReauthorizationError } from '../core/errors.ts';

/** 0 done, 1 failed, 2 bad usage or bad input, 3 the account needs to be connected again. */
export type ExitStatus = 0 | 1 | 2 | 3;

export function exitStatusOf(error: unknown): ExitStatus {
  if (error instanceof ReauthorizationError) return 3;
  return error instanceof InputError ? 2 : 1;
}

/** The command was stopped by a signal: exit status 1. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}
