import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Problem, send } from './problem.ts';

/** Why a browser that a link led here is refused, and the page of the console that tells it in plain words. */
export const REFUSED_VISITS = {
  'oidc-refused': '/',
  'oidc-away': '/',
  'oidc-expired': '/',
  'link-used': '/',
  'connection-late': '/accounts',
} as const;

export type RefusedVisit = keyof typeof REFUSED_VISITS;

/**
 * Refuses at an address that people are led to, so that a browser would show them the problem document. They are sent to the
 * console instead, with nothing but the reason's name in the address; programs get the problem document.
 */
export async function refuseVisit(
  basePath: string,
  why: RefusedVisit,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (isVisit(request)) return await reply.redirect(`${basePath}${REFUSED_VISITS[why]}?refused=${why}`, 303);
  await send(reply, problem);
  return reply;
}

/** Browsers say so where the connection is secure, or local; on others, they want a page. */
function isVisit({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode'];
  return mode === undefined ? (headers.accept ?? '').includes('text/html') : mode === 'navigate';
}
