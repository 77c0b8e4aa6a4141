import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { App } from '../app/app.ts';
import type { PipelineMonitor } from '../app/use-cases/pipeline.ts';
import type { Uploads } from '../app/use-cases/uploads.ts';

/** A server whose routes are checked by Zod. */
export type ApiServer = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** What the routes work with. */
export interface ApiContext {
  readonly app: App;
  readonly uploads: Uploads;
  readonly pipeline: PipelineMonitor;
  /** aborted when the server closes: streams end */
  readonly closing: AbortSignal;
}
