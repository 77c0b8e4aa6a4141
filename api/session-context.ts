import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionOwner } from '../app/access/owner-access.ts';
import type { ApiContext } from './context.ts';
import type { Gate } from './gate.ts';

/** What the routes that log somebody in work with. */
export interface SessionContext extends ApiContext {
  readonly gate: Gate;
  /** Says in the log that a session began, and gives the browser its cookie. */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    secret: string,
    owner: Pick<SessionOwner, 'method' | 'user'>,
  ): void;
}
