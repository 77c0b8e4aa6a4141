import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { OutcomeTail } from '../../app/use-cases/outcome-tail.ts';
import { RunTail } from '../../app/use-cases/run-tail.ts';
import { anyOf } from '../../core/abort-signals.ts';
import type { ApiContext, ApiServer } from '../context.ts';
import { about, send } from '../problem.ts';
import { toView } from '../upload-view.ts';
import { whenGone } from '../when-gone.ts';

const MAX_STREAMS = 64;
const LOOK_EVERY_MS = 250;
const PIPELINE_EVERY_MS = 2_000;
const HEARTBEAT_EVERY_MS = 15_000;

/** Server-sent events: what the sink did, how far syncs are, uploads, and how the pipeline fares. Each reader pulls at its own pace. */
export function registerEvents(server: ApiServer, context: ApiContext): void {
  let open = 0;
  server.get(
    '/v1/events',
    // A HEAD would be a stream without an end that nobody can read.
    { exposeHeadRoute: false, schema: { summary: 'Outcomes and progress, as server-sent events' } },
    async (request, reply) => {
      if (open >= MAX_STREAMS) {
        await send(reply, about(503, `${MAX_STREAMS} streams are open already`, request));
        return reply;
      }
      open++;
      reply.hijack();
      const lastId = request.headers['last-event-id'];
      try {
        await stream(context, request.raw, reply.raw, typeof lastId === 'string' ? lastId : null);
      } catch (error) {
        context.app.telemetry.log.warn('a stream of events broke off', { error });
      } finally {
        open--;
        reply.raw.end();
      }
      return reply;
    },
  );
}

async function stream(
  { app, uploads, pipeline, closing }: ApiContext,
  request: IncomingMessage,
  raw: ServerResponse,
  lastId: string | null,
): Promise<void> {
  const gone = new AbortController();
  whenGone(request, raw, () => gone.abort());
  const stopped = anyOf([closing, gone.signal]);
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  const out = new EventWriter(raw, stopped);
  const tail = await OutcomeTail.open(app, lastId);
  const runs = await RunTail.open(app);
  await out.text(`retry: 2000\n: connected\n\n`);
  const since = app.clock.now();
  const shown = new Map<string, string>();
  let beatAt = app.clock.elapsed();
  let pipelineAt = Number.NEGATIVE_INFINITY;
  while (!stopped.aborted) {
    let quiet = true;
    for (const { id, outcome } of await tail.read()) {
      quiet = false;
      await out.event('outcome', outcome, id);
    }
    for (const run of await runs.read()) {
      quiet = false;
      await out.event('sync', run, null);
    }
    for (const upload of await uploads.recent(since)) {
      const data = JSON.stringify(toView(upload));
      if (shown.get(upload.id) === data) continue;
      shown.set(upload.id, data);
      quiet = false;
      await out.event('upload', toView(upload), null);
    }
    if (app.clock.elapsed() - pipelineAt >= PIPELINE_EVERY_MS) {
      pipelineAt = app.clock.elapsed();
      await out.event('pipeline', await pipeline.view(), null);
    }
    if (app.clock.elapsed() - beatAt >= HEARTBEAT_EVERY_MS) {
      beatAt = app.clock.elapsed();
      await out.text(': still here\n\n');
    }
    if (quiet) await app.clock.sleep(LOOK_EVERY_MS, stopped).catch(() => undefined);
  }
}

class EventWriter {
  readonly #raw: ServerResponse;
  readonly #stopped: AbortSignal;

  constructor(raw: ServerResponse, stopped: AbortSignal) {
    this.#raw = raw;
    this.#stopped = stopped;
  }

  event(name: string, data: unknown, id: string | null): Promise<void> {
    return this.text(`${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Waits while the reader is slower; nothing is read from the log meanwhile. */
  async text(text: string): Promise<void> {
    if (this.#stopped.aborted || this.#raw.write(text)) return;
    await once(this.#raw, 'drain', { signal: this.#stopped }).catch(() => undefined);
  }
}
