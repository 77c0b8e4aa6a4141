import { Readable } from 'node:stream';
import multipart, { type Multipart, type MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { parseAsOf } from '../../app/use-cases/as-of.ts';
import { readOn } from '../../app/use-cases/receive.ts';
import type { Upload } from '../../app/use-cases/upload.ts';
import { UPLOAD_ID } from '../../app/use-cases/upload-files.ts';
import { EmptyUploadError } from '../../app/use-cases/uploads.ts';
import { InputError, messageOf } from '../../core/errors.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem, UploadState, userName } from '../schemas.ts';
import { toView } from '../upload-view.ts';

const UNNAMED = 'upload';
const params = z.object({ user: userName, provider: z.enum(['tiktok', 'reddit']) });
const querystring = z.object({
  asOf: z.string().optional().describe('when the export was made'),
  filename: z.string().max(200).optional().describe('for a raw body'),
  id: z
    .string()
    .regex(UPLOAD_ID)
    .optional()
    .describe('a UUID of your choice, in lower case: what is sent again under it is imported once'),
});

/** Uploads are streams, so they are taken in a scope of their own, without the parsers of JSON bodies. */
export async function registerUploads(server: ApiServer, { app, uploads }: ApiContext): Promise<void> {
  await server.register(async (scoped: FastifyInstance) => {
    scoped.removeAllContentTypeParsers();
    await scoped.register(multipart, { limits: { files: 2, fields: 10, fileSize: app.config.uploadLimitBytes + 1 } });
    scoped.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const schema = {
      summary: 'Takes in an export',
      description:
        'multipart/form-data with one file, and asOf in a field of its own if you like, or the file as the body',
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
          const { params: account, query } = request;
          const take = async (): Promise<Upload> => {
            const asked = query.asOf === undefined ? null : parseAsOf(query.asOf);
            const { stream, fileName, asOf } = await bodyOf(request, query.filename);
            const about = { ...account, fileName, id: query.id, asOf: async () => (await asOf()) ?? asked };
            return await uploads.receive(stream, about);
          };
          const upload = await take().catch((error: unknown) => {
            // The parser of a form reads no further by itself.
            readOn(request.raw);
            throw error;
          });
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
        params: z.object({ id: z.string().regex(UPLOAD_ID) }),
        response: { 200: UploadState, 404: Problem },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async (request) => toView(await uploads.get(request.params.id)),
  );
}

interface Body {
  readonly stream: Readable;
  readonly fileName: string;
  /** as a field of the form says, ms; to be asked when the stream has come to its end */
  readonly asOf: () => Promise<number | null>;
}

async function bodyOf(request: FastifyRequest, named: string | undefined): Promise<Body> {
  if (request.isMultipart()) return fileOf(request.parts(), named);
  const { body } = request;
  if (body === undefined || body === null) throw new EmptyUploadError();
  return { stream: body as Readable, fileName: named ?? UNNAMED, asOf: async () => null };
}

/** The file of a form. Its fields may come before it or after it, so the last are read only when the file has been. */
async function fileOf(parts: AsyncIterableIterator<Multipart>, named: string | undefined): Promise<Body> {
  let asOf: number | null = null;
  const nextFile = async (): Promise<MultipartFile | null> => {
    for (;;) {
      const { done, value: part } = await parts.next().catch(refuseForm);
      if (done === true) return null;
      if (part.type === 'file') return part;
      if (part.fieldname === 'asOf' && typeof part.value === 'string' && part.value.trim() !== '')
        asOf = parseAsOf(part.value.trim());
    }
  };
  const file = await nextFile();
  if (file === null) throw new InputError('the form holds no file');
  return {
    stream: Readable.from(contentOf(file.file)),
    // Whatever is of type octet-stream is taken for a file, with a name or without.
    fileName: nameOf(file) ?? named ?? UNNAMED,
    asOf: async () => {
      const another = await nextFile();
      if (another === null) return asOf;
      // Else the form, and with it the connection, would wait for somebody to read it.
      another.file.resume();
      throw new InputError('the form holds more than one file');
    },
  };
}

/** Its type says that there always is one. */
function nameOf({ filename }: { readonly filename: string | undefined }): string | undefined {
  return filename;
}

async function* contentOf(file: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* file as AsyncIterable<Uint8Array>;
  } catch (error) {
    refuseForm(error);
  }
}

/** Whatever goes wrong while a form is read is the sender's; the parser's own errors do not say so. */
function refuseForm(error: unknown): never {
  const isTold = error instanceof Error && 'statusCode' in error;
  throw isTold ? error : new InputError(`the form is cut off or damaged: ${messageOf(error)}`);
}
