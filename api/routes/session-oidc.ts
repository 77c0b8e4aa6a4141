import type { FastifyReply, FastifyRequest } from 'fastify';
import { type OidcFlow, OidcLogin, reasonOf } from '../../app/access/oidc-login.ts';
import type { ApiServer } from '../context.ts';
import { cookie, readCookie } from '../cookies.ts';
import { about, send } from '../problem.ts';
import { refuseVisit } from '../refused-visit.ts';
import type { SessionContext } from '../session-context.ts';

const FLOW_COOKIE = 'hoardarr_oidc';
const FLOW_MS = 10 * 60_000;
/** What the cookie is sealed for: nothing else that is encrypted with the key can take its place. */
const SEAL = 'access:oidc';

interface SealedFlow extends OidcFlow {
  readonly expiresAt: number;
}

/** The code flow of OpenID Connect, as far as the browser sees it. */
export function registerOidcSession(server: ApiServer, sessions: SessionContext): void {
  const { app } = sessions;
  const { oidc } = app.config.access;
  const [publicUrl] = app.config.access.publicUrls;
  const login =
    oidc === null || publicUrl === undefined
      ? null
      : new OidcLogin(oidc, `${publicUrl}/v1/session/oidc/callback`, app.fetch);
  server.get(
    '/v1/session/oidc',
    { exposeHeadRoute: false, schema: { summary: 'Sends the browser to the OpenID Connect provider' } },
    async (request, reply) => {
      if (login === null) return await absent(request, reply);
      try {
        const { url, flow } = await login.begin();
        void reply.header('set-cookie', flowCookie(sessions, request, seal(sessions, flow)));
        return await reply.redirect(url);
      } catch (error) {
        app.telemetry.log.warn('the OpenID Connect provider does not answer', { error });
        const detail = `the OpenID Connect provider does not answer as one: ${reasonOf(error)}`;
        return await refuseVisit(app.config.basePath, 'oidc-away', about(502, detail, request), request, reply);
      }
    },
  );
  server.get(
    '/v1/session/oidc/callback',
    { exposeHeadRoute: false, schema: { summary: 'Where the provider sends the browser back to' } },
    async (request, reply) =>
      login === null ? await absent(request, reply) : await finish(sessions, login, request, reply),
  );
}

async function finish(
  sessions: SessionContext,
  login: OidcLogin,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { app, gate } = sessions;
  const { basePath } = app.config;
  const flow = unseal(sessions, readCookie(request.headers.cookie, FLOW_COOKIE));
  const emptied = flowCookie(sessions, request, '');
  void reply.header('set-cookie', emptied);
  if (flow === null) {
    const detail = 'this browser began no login within the last ten minutes, or does not keep cookies: begin again';
    return await refuseVisit(basePath, 'oidc-expired', about(400, detail, request), request, reply);
  }
  const query = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
  const result = await login.finish(query, flow);
  if (result.owner === null) {
    app.telemetry.log.warn('a login by OpenID Connect was refused', {
      address: gate.clientOf(request),
      reason: result.detail,
    });
    const detail = app.telemetry.redactor.text(`nobody was logged in: ${result.detail}`);
    return result.because === 'provider'
      ? await refuseVisit(basePath, 'oidc-away', about(502, detail, request), request, reply)
      : await refuseVisit(basePath, 'oidc-refused', about(403, detail, request), request, reply);
  }
  sessions.begin(request, reply, await gate.access.createSession(result.owner), result.owner);
  return await reply.redirect(`${basePath}/`);
}

async function absent(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  await send(reply, about(404, 'OpenID Connect is not configured: HOARDARR_OIDC_ISSUER names the provider', request));
  return reply;
}

/** In the browser, sealed, so that visitors cause no writes, and any process can go on with it. */
function seal({ app }: SessionContext, flow: OidcFlow): string {
  const sealed: SealedFlow = { ...flow, expiresAt: app.clock.now() + FLOW_MS };
  return app.keys.encrypt(JSON.stringify(sealed), SEAL);
}

function unseal({ app }: SessionContext, text: string | null): OidcFlow | null {
  if (text === null) return null;
  try {
    const flow = JSON.parse(app.keys.decrypt(text, SEAL)) as SealedFlow;
    return flow.expiresAt > app.clock.now() ? flow : null;
  } catch {
    // Of another key, or made up.
    return null;
  }
}

/** Lax: the browser comes back from the provider's site. */
function flowCookie({ app, gate }: SessionContext, request: FastifyRequest, value: string): string {
  return cookie(FLOW_COOKIE, value, FLOW_MS, {
    path: `${app.config.basePath}/v1/session/oidc`,
    isSecure: gate.isHttps(request),
    sameSite: 'Lax',
  });
}
