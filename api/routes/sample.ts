import { importSample } from '../../app/use-cases/import-sample.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem, UploadState } from '../schemas.ts';
import { toView } from '../upload-view.ts';

export function registerSample(server: ApiServer, { app, uploads }: ApiContext): void {
  server.post(
    '/v1/sample',
    {
      schema: {
        summary: 'Takes in the sample of invented favourites, as an upload of the user `sample`',
        response: { 202: UploadState, 404: Problem },
      },
    },
    async (_request, reply) => {
      const upload = await importSample(uploads);
      return reply.code(202).header('location', `${app.config.basePath}/v1/uploads/${upload.id}`).send(toView(upload));
    },
  );
}
