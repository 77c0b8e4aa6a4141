import type { GroupLag, PartitionEnd, TopicName } from '../../core/ports/event-log.ts';
import type { App } from '../app.ts';
import { priceOf } from '../embedder-holder.ts';
import type { EmbeddingFigures } from '../embedding-figures.ts';
import { countByStage } from './dead-letters.ts';
import { isoOf } from './format.ts';

type StageName = 'producers' | 'embed' | 'sink';

export interface StageView {
  readonly name: StageName;
  readonly recordsPerSecond: number;
  /** positions that it has put behind it, ever */
  readonly total: number;
  /** records that wait for it; of the producers, commands */
  readonly lag: number;
  /** of those that are kept */
  readonly deadLetters: number;
  /** when it last put one behind it; null: never, or not known */
  readonly lastAt: string | null;
}

/** What the embedders of all processes did since it began, also before they were started again. */
export interface EmbeddingView extends EmbeddingFigures {
  /** the role `embed` runs in this process */
  readonly isHere: boolean;
  /** null: nothing was embedded yet */
  readonly since: string | null;
}

export interface PipelineView {
  readonly stages: readonly StageView[];
  readonly embedding: EmbeddingView;
  readonly uptimeS: number;
}

interface Look {
  /** monotonic, ms */
  readonly at: number;
  readonly totals: Readonly<Record<StageName, number>>;
  readonly lags: Readonly<Record<StageName, number>>;
}

const STAGES: readonly StageName[] = ['producers', 'embed', 'sink'];
/** A rate is taken over so long, so that batches do not make it jump. */
const WINDOW_MS = 10_000;
/** Looks that lie further apart tell nothing of now. */
const LONGEST_MS = 60_000;
/** Who looks for the first time waits for a second look. */
const FIRST_MS = 250;
/** Several who look at the same time share one. */
const FRESH_MS = 500;

/**
 * How the stages fare, from the positions of the log alone: so it is true for all processes together, on whichever log, and costs
 * those that work nothing. Rates are differences between two looks.
 */
export class PipelineMonitor {
  readonly #app: App;
  readonly #startedAt: number;
  #looks: readonly Look[] = [];
  #view: Promise<PipelineView> | null = null;
  #viewedAt = Number.NEGATIVE_INFINITY;
  /** ends of the dead letters when they were counted last, and what was counted */
  #counted: { readonly ends: string; readonly byStage: ReadonlyMap<string, number> } | null = null;
  readonly #lastAt = new Map<StageName, number | null>();

  constructor(app: App) {
    this.#app = app;
    this.#startedAt = app.clock.elapsed();
  }

  /** Rejects where the log does not answer. */
  view(): Promise<PipelineView> {
    const now = this.#app.clock.elapsed();
    if (this.#view === null || now - this.#viewedAt > FRESH_MS) {
      this.#viewedAt = now;
      this.#view = this.#look();
      this.#view.catch(() => {
        this.#view = null;
      });
    }
    return this.#view;
  }

  async #look(): Promise<PipelineView> {
    const { clock } = this.#app;
    const isFirst = !this.#looks.some(({ at }) => clock.elapsed() - at <= LONGEST_MS);
    if (isFirst) {
      this.#looks = [await this.#read()];
      await clock.sleep(FIRST_MS);
    }
    const now = await this.#read();
    const known = this.#looks.filter(({ at }) => now.at - at <= LONGEST_MS);
    const base = known.find(({ at }) => now.at - at <= WINDOW_MS) ?? known.at(-1) ?? now;
    const before = known.at(-1) ?? now;
    this.#looks = [...known.filter(({ at }) => at >= base.at), now];
    for (const stage of STAGES) if (now.totals[stage] > before.totals[stage]) this.#lastAt.set(stage, clock.now());
    const deadLetters = await this.#deadLetters();
    return {
      stages: STAGES.map((name) => ({
        name,
        recordsPerSecond: rateOf(base, now, name),
        total: now.totals[name],
        lag: now.lags[name],
        deadLetters: deadLetters[name],
        lastAt: isoOf(this.#lastAt.get(name) ?? null),
      })),
      embedding: await readEmbedding(this.#app),
      uptimeS: Math.floor((clock.elapsed() - this.#startedAt) / 1000),
    };
  }

  async #read(): Promise<Look> {
    const { log, clock } = this.#app;
    const [ends, lags] = [await log.ends('ingest'), await log.lag()];
    const embed = lags.filter(({ group, topic }) => group === 'embed' && topic === 'ingest');
    const sink = lags.filter(({ group, topic }) => group === 'sink' && topic === 'enriched');
    const commands = lags.filter(({ group }) => group === 'producer');
    if (this.#lastAt.size === 0) await this.#readLastTimes(ends, sink);
    return {
      at: clock.elapsed(),
      totals: {
        producers: ends.reduce((sum, { end }) => sum + end, 0),
        embed: embed.reduce((sum, { committed }) => sum + committed, 0),
        sink: sink.reduce((sum, { committed }) => sum + committed, 0),
      },
      lags: { producers: behind(commands), embed: behind(embed), sink: behind(sink) },
    };
  }

  /** What was before the first look: the times of the last records. */
  async #readLastTimes(ingest: readonly PartitionEnd[], sink: readonly GroupLag[]): Promise<void> {
    const enriched = await this.#app.log.ends('enriched');
    const applied = sink.map(({ partition, committed }) => ({ partition, end: committed }));
    this.#lastAt.set('producers', await this.#lastOf('ingest', ingest));
    this.#lastAt.set('embed', await this.#lastOf('enriched', enriched));
    this.#lastAt.set('sink', await this.#lastOf('enriched', applied));
  }

  async #lastOf(topic: TopicName, ends: readonly Pick<PartitionEnd, 'partition' | 'end'>[]): Promise<number | null> {
    let last: number | null = null;
    for (const { partition, end } of ends) {
      if (end === 0) continue;
      const [record] = await this.#app.log.read(topic, partition, end - 1, { records: 1 });
      if (record !== undefined) last = Math.max(last ?? 0, record.timestamp);
    }
    return last;
  }

  /** Counted again only when one came or went: each is read for that. */
  async #deadLetters(): Promise<Readonly<Record<StageName, number>>> {
    const ends = JSON.stringify(await this.#app.log.ends('dead-letter'));
    if (this.#counted?.ends !== ends) this.#counted = { ends, byStage: await countByStage(this.#app) };
    const { byStage } = this.#counted;
    const of = (...stages: readonly string[]): number =>
      stages.reduce((sum, stage) => sum + (byStage.get(stage) ?? 0), 0);
    return { producers: of('producer'), embed: of('embed'), sink: of('sink', 'eraser') };
  }
}

function behind(lags: readonly GroupLag[]): number {
  return lags.reduce((sum, { committed, end }) => sum + Math.max(0, end - committed), 0);
}

/** To the tenth. Where a rebuild moved a position back, nothing was done meanwhile. */
function rateOf(base: Look, now: Look, stage: StageName): number {
  const seconds = (now.at - base.at) / 1000;
  if (seconds <= 0) return 0;
  return Math.max(0, Math.round(((now.totals[stage] - base.totals[stage]) / seconds) * 10) / 10);
}

async function readEmbedding({ config, roles, stores, embeddingFigures }: App): Promise<EmbeddingView> {
  const { since, costUsd, savedUsd, ...counted } = await embeddingFigures();
  // With a price, nothing costs nothing.
  const model = (await stores.embedder())?.model;
  const none = priceOf({ ...config.embedder, ...(model === undefined ? {} : { model }) }) === null ? null : 0;
  return {
    isHere: roles.running.includes('embed'),
    since: isoOf(since),
    ...counted,
    costUsd: costUsd ?? none,
    savedUsd: savedUsd ?? none,
  };
}
