import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Attempts } from '../../app/access/attempts.ts';
import { SESSION_LIMITS } from '../../app/access/owner-access.ts';
import { protectionOf } from '../../app/access/protection.ts';
import { networkOf } from '../../app/access/trusted-proxies.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { cookie, readCookie } from '../cookies.ts';
import { Gate, SESSION_COOKIE } from '../gate.ts';
import { about, send } from '../problem.ts';
import { refuseVisit } from '../refused-visit.ts';
import { Problem } from '../schemas.ts';
import type { SessionContext } from '../session-context.ts';
import { registerOidcSession } from './session-oidc.ts';

const Session = z.object({
  isLoggedIn: z.boolean(),
  methods: z.array(z.enum(['password', 'oidc', 'proxy', 'none'])),
  user: z.string().nullable().describe('who, as far as that is known'),
  by: z
    .enum(['nobody', 'token', 'session', 'proxy'])
    .nullable()
    .describe('how that is known; nobody: no login is configured, so nobody was asked'),
  needsSetup: z.boolean().describe('login is required, and none for a person is configured'),
});

/** Login, logout, and who is there. */
export function registerSession(server: ApiServer, context: ApiContext): void {
  const gate = new Gate(context.app);
  const sessions: SessionContext = {
    ...context,
    gate,
    begin: (request, reply, secret, { method, user }) => {
      context.app.telemetry.log.info('logged in', { method, user, address: gate.clientOf(request) });
      void reply.header('set-cookie', sessionCookie(sessions, request, secret));
    },
  };
  registerState(server, sessions);
  registerPassword(server, sessions);
  registerLink(server, sessions);
  registerOidcSession(server, sessions);
}

function registerState(server: ApiServer, sessions: SessionContext): void {
  const { app, gate } = sessions;
  server.get(
    '/v1/session',
    { schema: { summary: 'Who is logged in, and how one can', response: { 200: Session } } },
    async (request, reply) => {
      const caller = await gate.callerOf(request);
      const { methods, needsSetup } = protectionOf(app.config, await gate.access.hasPassword());
      return reply.send({
        isLoggedIn: caller !== null,
        methods: [...methods],
        user: caller?.user ?? null,
        by: caller?.by ?? null,
        needsSetup,
      });
    },
  );
  server.delete('/v1/session', { schema: { summary: 'Logs out' } }, async (request, reply) => {
    const secret = readCookie(request.headers.cookie, SESSION_COOKIE);
    if (secret !== null) await gate.access.endSession(secret);
    return reply
      .code(204)
      .header('set-cookie', sessionCookie(sessions, request, ''))
      .send();
  });
}

function registerPassword(server: ApiServer, sessions: SessionContext): void {
  const { app, gate } = sessions;
  const attempts = new Attempts();
  server.post(
    '/v1/session',
    {
      schema: {
        summary: 'Logs in with the password',
        body: z.strictObject({ password: z.string().min(1).max(1_000) }),
        response: { 204: z.null(), 401: Problem, 409: Problem, 429: Problem },
      },
    },
    async (request, reply) => {
      if (!(await gate.access.hasPassword())) {
        await send(reply, about(409, 'there is no password yet: `hoardarr password set` sets one', request));
        return reply;
      }
      const address = networkOf(gate.clientOf(request));
      const waitMs = attempts.begin(address, app.clock.now());
      if (waitMs !== null) {
        void reply.header('retry-after', String(Math.ceil(waitMs / 1_000)));
        const detail = `too many wrong passwords: try again in ${Math.ceil(waitMs / 60_000)} minutes, or run \`hoardarr login-link\` where Hoardarr runs`;
        await send(reply, about(429, detail, request));
        return reply;
      }
      const secret = await gate.access.logIn(request.body.password);
      if (secret === null) {
        app.telemetry.log.warn('a wrong password was sent', { address: gate.clientOf(request) });
        const detail = 'the password is wrong; `hoardarr login-link` lets you in without it where Hoardarr runs';
        void reply.header('www-authenticate', 'Bearer');
        await send(reply, about(401, detail, request));
        return reply;
      }
      attempts.forgive(address);
      sessions.begin(request, reply, secret, { method: 'password', user: 'owner' });
      return reply.code(204).send(null);
    },
  );
}

function registerLink(server: ApiServer, sessions: SessionContext): void {
  const { app, gate } = sessions;
  server.get(
    '/v1/session/link',
    {
      // A HEAD of whatever looks at links beforehand would use it up.
      exposeHeadRoute: false,
      schema: {
        summary: 'Logs in with the link that `hoardarr login-link` printed, once',
        querystring: z.object({ code: z.string().min(1).max(200) }),
        response: { 303: z.null(), 403: Problem },
      },
    },
    async (request, reply) => {
      const isBeforehand = /prefetch|prerender/i.test(String(request.headers['sec-purpose'] ?? ''));
      if (isBeforehand || !(await gate.access.useLink(request.query.code))) {
        const detail =
          'this link was used before, or is older than ten minutes: `hoardarr login-link` makes another one';
        const problem = about(403, detail, request);
        if (!isBeforehand) return await refuseVisit(app.config.basePath, 'link-used', problem, request, reply);
        // A page that was fetched beforehand is shown to who follows the link later, and an error is not.
        await send(reply, problem);
        return reply;
      }
      const owner = { method: 'link', user: 'owner', admittedBy: null } as const;
      sessions.begin(request, reply, await gate.access.createSession(owner), owner);
      return reply.redirect(`${app.config.basePath}/`);
    },
  );
}

function sessionCookie({ app, gate }: SessionContext, request: FastifyRequest, secret: string): string {
  return cookie(SESSION_COOKIE, secret, SESSION_LIMITS.absoluteMs, {
    path: app.config.basePath === '' ? '/' : app.config.basePath,
    isSecure: gate.isHttps(request),
    sameSite: 'Strict',
  });
}
