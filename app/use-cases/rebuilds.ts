import { randomUUID } from 'node:crypto';
import { BusyError, isOutage, messageOf, NotFoundError } from '../../core/errors.ts';
import { untilReached } from '../../core/until-reached.ts';
import type { App } from '../app.ts';
import { isoOf } from './format.ts';
import { rebuildStore } from './rebuild.ts';

/** A rebuild that was asked for over HTTP, as the metadata keep it. */
export interface RebuildState {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed';
  /** null: with the model of before */
  readonly model: string | null;
  readonly replayed: number;
  /** records of the log when it began; what erasure left out is not replayed */
  readonly total: number;
  readonly digestBefore: string | null;
  readonly digestAfter: string | null;
  /** null: not compared, as with another model */
  readonly match: boolean | null;
  readonly embeddingCalls: number | null;
  readonly warnings: readonly string[];
  readonly createdAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly error: string | null;
  /** the process that does it */
  readonly instance: string;
}

const PREFIX = 'rebuild:';
const SAVE_EVERY_MS = 1_000;
/** The oldest are forgotten first. */
const MOST_KEPT = 20;
const CUT_OFF = 'the process that rebuilt ended: what was there before counts as ever. Ask for it again';

/**
 * Rebuilds in this process, one at a time, while everything else goes on. How far they are stands in the metadata, so that any
 * process tells of them, also after this one.
 */
export class Rebuilds {
  readonly #app: App;
  readonly #closing: AbortSignal;
  #current: RebuildState | null = null;
  #work: Promise<void> = Promise.resolve();

  /** @param closing ends the one under way; what was there before it stays */
  constructor(app: App, closing: AbortSignal) {
    this.#app = app;
    this.#closing = closing;
  }

  /** Begins one, and does not wait for it. BusyError while another one runs here; InputError where there is no such model. */
  async begin(model: string | null): Promise<RebuildState> {
    if (this.#current !== null) throw new BusyError('a rebuild runs already: wait until it is done');
    const { clock, log, presence } = this.#app;
    const started: RebuildState = {
      id: randomUUID(),
      state: 'running',
      model,
      replayed: 0,
      total: 0,
      digestBefore: null,
      digestAfter: null,
      match: null,
      embeddingCalls: null,
      warnings: [],
      createdAt: isoOf(clock.now()),
      finishedAt: null,
      durationMs: null,
      error: null,
      instance: presence.instance,
    };
    // At once: who asks at the same moment must not begin another one.
    this.#current = started;
    try {
      if (model !== null) await this.#mustHave(model);
      const total = (await log.ends('ingest')).reduce((sum, { start, end }) => sum + end - start, 0);
      this.#current = { ...started, total };
      await this.#save(this.#current);
      await this.#forgetOld();
    } catch (error) {
      this.#current = null;
      throw error;
    }
    const begun = this.#current;
    this.#work = this.#run(begun);
    return begun;
  }

  /** NotFoundError where there is none. */
  async get(id: string): Promise<RebuildState> {
    const stored = await this.#app.metadata.get(`${PREFIX}${id}`);
    if (stored === null) throw new NotFoundError(`there is no rebuild ${id}`);
    return this.#seen(stored.value as RebuildState);
  }

  /** The latest first. */
  async list(): Promise<readonly RebuildState[]> {
    const stored = (await this.#app.metadata.list(PREFIX)).map(({ value }) => value as RebuildState);
    const seen = await Promise.all(stored.map((each) => this.#seen(each)));
    return seen.toSorted((a, b) => (b.createdAt ?? '').localeCompare(a.createdAt ?? ''));
  }

  /** Resolves when none is under way any more. */
  async stop(): Promise<void> {
    await this.#work;
  }

  async #run(begun: RebuildState): Promise<void> {
    const { clock, random, telemetry } = this.#app;
    const since = clock.elapsed();
    let savedAt = since;
    const progress = (replayed: number): void => {
      const current = { ...begun, replayed };
      this.#current = current;
      if (clock.elapsed() - savedAt < SAVE_EVERY_MS) return;
      savedAt = clock.elapsed();
      void this.#save(current).catch(() => undefined);
    };
    let end: Partial<RebuildState>;
    try {
      const { generation: _generation, ...report } = await rebuildStore(this.#app, {
        model: begun.model,
        progress,
        signal: this.#closing,
      });
      end = { ...report, state: 'done' };
    } catch (error) {
      telemetry.log.error('a rebuild failed', { error: messageOf(error) });
      const message = this.#closing.aborted ? CUT_OFF : telemetry.redactor.text(messageOf(error));
      end = { state: 'failed', error: message, durationMs: clock.elapsed() - since };
    }
    const finished = { ...(this.#current ?? begun), ...end, finishedAt: isoOf(clock.now()) };
    // Else it would be under way for ever.
    const patience = { what: 'the store', isAway: isOutage, clock, random, log: telemetry.log, signal: this.#closing };
    await untilReached(() => this.#save(finished), patience).catch((error: unknown) =>
      telemetry.log.error('how a rebuild ended could not be kept', { error: messageOf(error) }),
    );
    this.#current = null;
  }

  async #mustHave(model: string): Promise<void> {
    const embedder = await this.#app.newEmbedder(model);
    await embedder.close();
  }

  async #seen(stored: RebuildState): Promise<RebuildState> {
    if (stored.id === this.#current?.id) return this.#current;
    if (stored.state !== 'running' || (await this.#app.presence.isRunning(stored.instance))) return stored;
    return { ...stored, state: 'failed', error: CUT_OFF };
  }

  async #save(state: RebuildState): Promise<void> {
    const { metadata } = this.#app;
    const key = `${PREFIX}${state.id}`;
    for (;;) {
      const stored = await metadata.get(key);
      const isOver = (stored?.value as RebuildState | undefined)?.finishedAt ?? null;
      // Progress that was on its way must not undo the end.
      if (isOver !== null && state.finishedAt === null) return;
      if ((await metadata.compareAndSet(key, stored?.version ?? null, state)) !== null) return;
    }
  }

  async #forgetOld(): Promise<void> {
    for (const { id } of (await this.list()).slice(MOST_KEPT)) await this.#app.metadata.remove(`${PREFIX}${id}`);
  }
}
