import { z } from 'zod';
import { Thumbnails } from '../../app/thumbnails/thumbnails.ts';
import { resolveItemScope } from '../../app/use-cases/scopes.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem, userName } from '../schemas.ts';

/** The image of an item does not change; a browser that has it need not ask again. */
const FOR_LONG = 'private, max-age=2592000, immutable';

export function registerThumbnail(server: ApiServer, { app, closing }: ApiContext): void {
  const thumbnails = new Thumbnails(app, closing);
  const sweeping = thumbnails.run();
  server.addHook('onClose', () => sweeping);
  server.get(
    '/v1/items/:provider/:collection/:id/thumbnail',
    {
      schema: {
        summary: 'Its thumbnail, from a cache of this installation',
        description: 'image/jpeg, png, webp, gif or avif; 404 where the item has none, or none can be had now',
        params: z.object({ provider: z.string(), collection: z.string(), id: z.string() }),
        querystring: z.object({ user: userName.optional() }),
        response: { 200: z.unknown().describe('the bytes of the image'), 400: Problem, 404: Problem },
      },
      // After the hook of all answers, which lets nothing be kept.
      onSend: async (_request, reply) => {
        if (reply.statusCode === 200) void reply.header('cache-control', FOR_LONG);
      },
    },
    async ({ params: { provider, collection, id }, query: { user } }, reply) => {
      const scope = await resolveItemScope(app.store, { provider, collection, user: user ?? null }, id);
      const { type, bytes } = await thumbnails.get(scope, id);
      return reply
        .header('content-type', type)
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cross-origin-resource-policy', 'same-origin')
        .send(bytes);
    },
  );
}
