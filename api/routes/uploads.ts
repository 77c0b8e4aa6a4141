import type { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { parseAsOf } from '../../app/use-cases/as-of.ts';
import { InputError } from '../../core/errors.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem, UploadState, userName } from '../schemas.ts';
import { toView } from '../upload-view.ts';

const params = z.object({ user: userName, provider: z.enum(['tiktok', 'reddit']) });
const querystring = z.object({
  asOf: z.string().optional().describe('when the export was made'),
  filename: z.string().max(200).optional().describe('for a raw body'),
});

/** Uploads are streams, so they are taken in a scope of their own, without the parsers of JSON bodies. */
export async function registerUploads(server: ApiServer, { app, uploads }: ApiContext): Promise<void> {
  await server.register(async (scoped: FastifyInstance) => {
    scoped.removeAllContentTypeParsers();
    await scoped.register(multipart, { limits: { files: 1, fields: 10, fileSize: app.config.uploadLimitBytes + 1 } });
    scoped.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const schema = {
      summary: 'Takes in an export',
      description: 'multipart/form-data with one file, or the file as the body',
      params,
      querystring,
      response: { 202: UploadState, 400: Problem, 413: Problem },
    };
    scoped
      .withTypeProvider<ZodTypeProvider>()
      .post(
        '/v1/users/:user/:provider/uploads',
        { schema, bodyLimit: app.config.uploadLimitBytes },
        async (request, reply) => {
          const { stream, fileName } = await bodyOf(request, request.query.filename);
          const asOf = request.query.asOf === undefined ? null : parseAsOf(request.query.asOf);
          const upload = await uploads.receive(stream, { ...request.params, fileName, asOf });
          const location = `${app.config.basePath}/v1/uploads/${upload.id}`;
          return reply.code(202).header('location', location).send(toView(upload));
        },
      );
  });
  server.get(
    '/v1/uploads/:id',
    {
      schema: {
        summary: 'How far an upload is; at the end, what the import did',
        params: z.object({ id: z.uuid() }),
        response: { 200: UploadState, 404: Problem },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async (request) => toView(await uploads.get(request.params.id)),
  );
}

async function bodyOf(
  request: FastifyRequest,
  named: string | undefined,
): Promise<{ readonly stream: Readable; readonly fileName: string }> {
  if (request.isMultipart()) {
    const part = await request.file();
    if (part === undefined) throw new InputError('the form holds no file');
    return { stream: part.file, fileName: part.filename };
  }
  const { body } = request;
  if (body === undefined || body === null)
    throw new InputError('the body is empty: send the export as the body, or as a file of a form');
  return { stream: body as Readable, fileName: named ?? 'upload' };
}
