import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { changeSchedule, readBackupState, readSchedule, shown } from '../../app/backup-schedule.ts';
import { readRestore } from '../../app/restore/last-restore.ts';
import {
  backupFile,
  backupScope,
  backupsFolder,
  listBackups,
  makeBackup,
  readBackup,
  removeBackup,
} from '../../app/use-cases/backups.ts';
import { isoOf } from '../../app/use-cases/format.ts';
import { restoreInPlace } from '../../app/use-cases/restore.ts';
import { restoreUpload } from '../../app/use-cases/restore-upload.ts';
import { InputError, NotFoundError } from '../../core/errors.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { Problem } from '../schemas.ts';
import { Backup, BackupList, named, Restore, Schedule, ScheduleChange } from './backups-shapes.ts';

/** Backups that lie in the data folder, their schedule, and bringing one back while everything runs. */
export async function registerBackups(server: ApiServer, context: ApiContext): Promise<void> {
  registerListing(server, context);
  registerSingle(server, context);
  await registerRestores(server, context);
}

function registerListing(server: ApiServer, { app }: ApiContext): void {
  const { config, metadata } = app;
  server.get(
    '/v1/backups',
    { schema: { summary: 'The backups in the data folder, and their schedule', response: { 200: BackupList } } },
    async () => {
      const { failure } = await readBackupState(metadata);
      return {
        backups: [...(await listBackups(config))],
        schedule: shown(await readSchedule(metadata)),
        folder: backupsFolder(config),
        scope: backupScope(config),
        lastFailure:
          failure === null ? null : { at: isoOf(failure.at), error: failure.error, attempts: failure.attempts },
        lastRestore: await readRestore(config.dataDir, metadata),
      };
    },
  );
  server.post(
    '/v1/backups',
    {
      schema: {
        summary: 'Makes a backup now',
        body: z.object({ withKey: z.boolean().default(false) }).nullish(),
        response: { 201: Backup, 400: Problem },
      },
    },
    async (request, reply) => {
      const backup = await makeBackup(app, request.body?.withKey ?? false);
      return reply.code(201).header('location', `${config.basePath}/v1/backups/${backup.name}`).send(backup);
    },
  );
  server.put(
    '/v1/backups/schedule',
    {
      schema: {
        summary: 'Changes the schedule; what is left out stays',
        body: ScheduleChange,
        response: { 200: Schedule, 400: Problem },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async (request) => {
      const scope = backupScope(config);
      if (scope.covers === 'nothing') throw new InputError(scope.says);
      return await changeSchedule(metadata, request.body, app.clock.now());
    },
  );
}

function registerSingle(server: ApiServer, { app: { config } }: ApiContext): void {
  server.get(
    '/v1/backups/:name',
    { schema: { summary: 'The bytes of a backup', params: named } },
    async (request, reply) => {
      const { name } = request.params;
      const { bytes, stream } = readBackup(config, name);
      return reply
        .header('content-type', 'application/x-tar')
        .header('content-length', bytes)
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(stream);
    },
  );
  server.delete(
    '/v1/backups/:name',
    { schema: { summary: 'Removes a backup', params: named, response: { 204: z.null(), 404: Problem } } },
    async (request, reply) => {
      removeBackup(config, request.params.name);
      return reply.code(204).send(null);
    },
  );
}

async function registerRestores(server: ApiServer, { app }: ApiContext): Promise<void> {
  const { config, metadata } = app;
  server.post(
    '/v1/backups/:name/restore',
    {
      schema: {
        summary: 'Verifies a backup, and puts it in the place of everything; the roles begin again',
        params: named,
        response: { 202: Restore, 400: Problem, 404: Problem },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const restore = await restoreInPlace(app, backupFile(config, name), name);
      return reply.code(202).header('location', `${config.basePath}/v1/restores/${restore.id}`).send(restore);
    },
  );
  await server.register(async (scoped: FastifyInstance) => {
    scoped.removeAllContentTypeParsers();
    scoped.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    const schema = {
      summary: 'The same with a backup that is sent as the body',
      querystring: z.object({ filename: z.string().max(200).default('uploaded.tar') }),
      response: { 202: Restore, 400: Problem, 413: Problem },
    };
    scoped
      .withTypeProvider<ZodTypeProvider>()
      .post('/v1/restores', { schema, bodyLimit: config.restoreLimitBytes }, async (request, reply) => {
        const body = request.body as Readable | null | undefined;
        if (body === undefined || body === null) throw new InputError('the body is empty: send the backup as the body');
        const restore = await restoreUpload(app, body, request.query.filename);
        return reply.code(202).header('location', `${config.basePath}/v1/restores/${restore.id}`).send(restore);
      });
  });
  server.get(
    '/v1/restores/:id',
    {
      schema: {
        summary: 'How far a restore is; while the roles begin again, nobody answers for some seconds',
        params: z.object({ id: z.uuid() }),
        response: { 200: Restore, 404: Problem },
      },
    },
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Fastify awaits its handlers
    async (request) => {
      const restore = await readRestore(config.dataDir, metadata);
      if (restore?.id !== request.params.id) throw new NotFoundError(`there is no restore ${request.params.id}`);
      return restore;
    },
  );
}
