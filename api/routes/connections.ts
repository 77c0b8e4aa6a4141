import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Connection, Connections, REDDIT_CALLBACK } from '../../app/use-cases/connections.ts';
import { DEFAULT_USER } from '../../app/use-cases/scopes.ts';
import { messageOf, NotFoundError } from '../../core/errors.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { about } from '../problem.ts';
import { refuseVisit } from '../refused-visit.ts';
import { Problem, userName } from '../schemas.ts';

const ConnectionState = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'connected', 'failed']),
  provider: z.string(),
  user: z.string(),
  login: z.string().optional().describe('the immutable account id at the provider'),
  loginName: z.string().optional(),
  userCode: z.string().optional().describe('to be typed at verificationUri'),
  verificationUri: z.string().optional(),
  authorizeUrl: z.string().optional().describe('where the person is asked'),
  expiresAt: z.string().optional(),
  detail: z.string().optional().describe('why it failed'),
});

/** Longer is no token. */
const TOKEN_LIMIT = 10_000;

const Begun = z.strictObject({
  provider: z.string(),
  user: userName.default(DEFAULT_USER),
  token: z
    .string()
    .max(TOKEN_LIMIT)
    .regex(/^\S+$/, 'must be the token alone')
    .optional()
    .describe('github: one that may read starring; reddit: a refresh token. Without it, the person is asked'),
  publicLogin: z.string().optional().describe('github: the public stars of a login, without a token'),
});

/** Connecting accounts. Tokens come in bodies alone, and go out nowhere. */
export function registerConnections(server: ApiServer, { app, closing }: ApiContext): void {
  const connections = new Connections(app, closing);
  server.addHook('onClose', () => connections.stop());
  server.post(
    '/v1/connections',
    {
      schema: {
        summary: 'Connects an account, or connects it again',
        description:
          'With a token at once; without one the answer says where a person has to agree, and GET tells when they did.',
        body: Begun,
        response: { 201: ConnectionState, 400: Problem },
      },
    },
    async (request, reply) => {
      const { token = null, publicLogin = null, ...account } = request.body;
      const begun = await connections.begin({ ...account, token, publicLogin, origin: originOf(request) });
      return reply.code(201).header('location', `${app.config.basePath}/v1/connections/${begun.id}`).send(begun);
    },
  );
  server.get(
    '/v1/connections/:id',
    {
      schema: {
        summary: 'How far it is',
        params: z.object({ id: z.uuid() }),
        response: { 200: ConnectionState, 404: Problem },
      },
    },
    async ({ params }): Promise<Connection> => connections.get(params.id),
  );
  server.get(
    REDDIT_CALLBACK,
    {
      // A HEAD of whatever looks at addresses beforehand would use the state up.
      exposeHeadRoute: false,
      schema: {
        summary: 'Where Reddit sends the browser back to',
        description: 'Needs no login: it does nothing for who does not bring the state that somebody here waits for.',
        querystring: z.object({
          state: z.string().max(1_000),
          code: z.string().max(TOKEN_LIMIT).optional(),
          error: z.string().max(1_000).optional(),
        }),
        response: { 303: z.null(), 400: Problem, 404: Problem },
      },
    },
    async (request, reply) => {
      const { basePath } = app.config;
      const brought = new URLSearchParams();
      for (const [name, value] of Object.entries(request.query)) if (value !== undefined) brought.set(name, value);
      try {
        const { id } = await connections.answer(brought);
        // Where it says what came of it.
        return await reply.redirect(`${basePath}/accounts?connection=${id}`, 303);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        return await refuseVisit(basePath, 'connection-late', about(404, messageOf(error), request), request, reply);
      }
    },
  );
}

/** As the browser names this server. Reddit goes nowhere but where the application was registered, so a lie leads nowhere. */
function originOf({ headers, protocol, host }: FastifyRequest): string {
  const forwarded = headers['x-forwarded-proto'];
  return `${forwarded === 'https' ? forwarded : protocol}://${host}`;
}
