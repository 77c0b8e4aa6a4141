import { messageOf } from '../core/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { MetadataStore } from '../core/ports/metadata-store.ts';
import type { Metrics, Telemetry } from '../core/ports/telemetry.ts';

/** What embedding took, and what the cache of vectors saved. */
export interface EmbeddingFigures {
  readonly requests: number;
  readonly tokens: number;
  readonly textsEmbedded: number;
  readonly cacheHits: number;
  /** estimated */
  readonly tokensSaved: number;
  /** null where no price was known, ever */
  readonly costUsd: number | null;
  readonly savedUsd: number | null;
}

export interface KeptFigures extends EmbeddingFigures {
  /** when the first of it was counted, ms since 1970; null: nothing was */
  readonly since: number | null;
}

interface Slot {
  /** when it was written last, ms since 1970 */
  readonly at: number;
  readonly figures: EmbeddingFigures;
}

/** One document, so that what a process counted moves from its own slot to that of the past in one step. */
interface FiguresDocument {
  readonly since: number;
  /** by instance; each is that process's own sum, so that writing it twice counts once */
  readonly slots: Readonly<Record<string, Slot>>;
}

/** Where they are in the metadata. */
export const FIGURES_KEY = 'embedding-figures';
/** The slot of processes that have been silent for long. */
const PAST = 'past';
/** What a kill can lose, ms. */
const SAVE_EVERY_MS = 2_000;
const FORGET_MS = 3_600_000;
const NONE: EmbeddingFigures = {
  requests: 0,
  tokens: 0,
  textsEmbedded: 0,
  cacheHits: 0,
  tokensSaved: 0,
  costUsd: null,
  savedUsd: null,
};

type Counted = 'requests' | 'tokens' | 'textsEmbedded' | 'cacheHits' | 'tokensSaved';
const COUNTED: ReadonlyMap<string, Counted> = new Map([
  ['hoardarr_embedding_requests', 'requests'],
  ['hoardarr_embedding_tokens', 'tokens'],
  ['hoardarr_embedded_texts', 'textsEmbedded'],
  ['hoardarr_embedding_cache_hits', 'cacheHits'],
  ['hoardarr_embedding_tokens_saved', 'tokensSaved'],
]);

export interface FiguresDeps {
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** names this process */
  readonly instance: string;
}

/**
 * The figures of embedding of all processes together, since it began: kept with the metadata, where every process reaches them.
 * Written every two seconds at most while something is counted, and when the process ends.
 */
export class EmbeddingLedger {
  readonly #deps: FiguresDeps;
  readonly #closed = new AbortController();
  /** of this process, but for what others put to the past already */
  #figures = NONE;
  #since: number | null = null;
  /** what its slot held last; null: it has none yet */
  #kept: EmbeddingFigures | null = null;
  #isDirty = false;
  #saving: Promise<void> | null = null;
  #lastFailure = '';

  constructor(deps: FiguresDeps) {
    this.#deps = deps;
  }

  /**
   * The telemetry of this process, which counts here too.
   *
   * @param usdPerToken of the model that is asked; null where that is not known
   */
  counting(usdPerToken: number | null): Telemetry {
    const { log, metrics } = this.#deps.telemetry;
    const counted: Metrics = {
      count: (name, amount = 1, labels = {}) => {
        metrics.count(name, amount, labels);
        const figure = COUNTED.get(name);
        if (figure !== undefined && amount > 0) this.#count(figure, amount, usdPerToken);
      },
      gauge: (name, value, labels) => metrics.gauge(name, value, labels),
      observe: (name, value, labels) => metrics.observe(name, value, labels),
    };
    return { log, metrics: counted };
  }

  /** Of all processes; of this one also what is not written yet. */
  async read(): Promise<KeptFigures> {
    const { metadata, instance } = this.#deps;
    // From before, since it may be written, and so have a slot, while this reads.
    const unslotted = this.#kept === null ? this.#figures : combined(this.#figures, this.#kept, -1);
    const document = (await metadata.get(FIGURES_KEY))?.value as FiguresDocument | undefined;
    const { [instance]: slot, ...others } = document?.slots ?? {};
    const own = slot === undefined ? unslotted : this.#figures;
    const figures = Object.values(others).reduce((sum, each) => combined(sum, each.figures, 1), own);
    return { ...figures, since: document?.since ?? this.#since };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#saving;
    if (this.#isDirty) await this.#save();
  }

  #count(figure: Counted, amount: number, usdPerToken: number | null): void {
    const money = figure === 'tokens' ? 'costUsd' : figure === 'tokensSaved' ? 'savedUsd' : null;
    const figures = { ...this.#figures, [figure]: this.#figures[figure] + amount };
    if (money !== null && usdPerToken !== null) figures[money] = (figures[money] ?? 0) + amount * usdPerToken;
    this.#figures = figures;
    this.#since ??= this.#deps.clock.now();
    this.#isDirty = true;
    this.#saving ??= this.#saveWhileCounted();
  }

  async #saveWhileCounted(): Promise<void> {
    while (this.#isDirty && !this.#closed.signal.aborted) {
      await this.#deps.clock.sleep(SAVE_EVERY_MS, this.#closed.signal).catch(() => undefined);
      if (!this.#closed.signal.aborted) await this.#save();
    }
    this.#saving = null;
  }

  /** What cannot be written now is written with what comes next. */
  async #save(): Promise<void> {
    try {
      await this.#write();
      this.#lastFailure = '';
    } catch (error) {
      this.#isDirty = true;
      const failure = messageOf(error);
      if (failure !== this.#lastFailure)
        this.#deps.telemetry.log.warn('what embedding took could not be kept; it is tried again', { error: failure });
      this.#lastFailure = failure;
    }
  }

  async #write(): Promise<void> {
    const { metadata, instance, clock } = this.#deps;
    this.#isDirty = false;
    for (;;) {
      const stored = await metadata.get(FIGURES_KEY);
      const document = stored?.value as FiguresDocument | undefined;
      this.#leavePast(document);
      const now = clock.now();
      const figures = this.#figures;
      const slots = { ...settled(document?.slots ?? {}, now), [instance]: { at: now, figures } };
      const next: FiguresDocument = { since: document?.since ?? this.#since ?? now, slots };
      if ((await metadata.compareAndSet(FIGURES_KEY, stored?.version ?? null, next)) === null) continue;
      this.#kept = figures;
      return;
    }
  }

  /** Others take the slot for one of the past where nothing is counted here for long: then a new one goes on from there. */
  #leavePast(document: FiguresDocument | undefined): void {
    if (this.#kept === null || document?.slots[this.#deps.instance] !== undefined) return;
    this.#figures = combined(this.#figures, this.#kept, -1);
    this.#kept = null;
  }
}

/**
 * Brings what was counted in one store along to another. Each slot keeps its name, so that this can be repeated; the past of
 * where it comes from is a slot of its own there.
 */
export async function bringFigures(own: MetadataStore, shared: MetadataStore): Promise<void> {
  const document = (await own.get(FIGURES_KEY))?.value as FiguresDocument | undefined;
  if (document === undefined) return;
  const { [PAST]: past, ...slots } = document.slots;
  const brought = past === undefined ? slots : { ...slots, [`${PAST} since ${document.since}`]: past };
  for (;;) {
    const stored = await shared.get(FIGURES_KEY);
    const there = stored?.value as FiguresDocument | undefined;
    const next: FiguresDocument = {
      since: Math.min(document.since, there?.since ?? document.since),
      slots: { ...there?.slots, ...brought },
    };
    if ((await shared.compareAndSet(FIGURES_KEY, stored?.version ?? null, next)) !== null) return;
  }
}

/** With the slots of processes that are silent for long put together, since each start makes one more. */
function settled(slots: FiguresDocument['slots'], now: number): FiguresDocument['slots'] {
  const kept: Record<string, Slot> = {};
  let past = slots[PAST]?.figures ?? null;
  for (const [name, slot] of Object.entries(slots)) {
    if (name === PAST) continue;
    const isSilent = now - slot.at > FORGET_MS && !name.startsWith(PAST);
    if (isSilent) past = combined(past ?? NONE, slot.figures, 1);
    else kept[name] = slot;
  }
  return past === null ? kept : { ...kept, [PAST]: { at: now, figures: past } };
}

function combined(a: EmbeddingFigures, b: EmbeddingFigures, sign: 1 | -1): EmbeddingFigures {
  const money = (of: number | null, and: number | null): number | null =>
    of === null && and === null ? null : (of ?? 0) + sign * (and ?? 0);
  return {
    requests: a.requests + sign * b.requests,
    tokens: a.tokens + sign * b.tokens,
    textsEmbedded: a.textsEmbedded + sign * b.textsEmbedded,
    cacheHits: a.cacheHits + sign * b.cacheHits,
    tokensSaved: a.tokensSaved + sign * b.tokensSaved,
    costUsd: money(a.costUsd, b.costUsd),
    savedUsd: money(a.savedUsd, b.savedUsd),
  };
}
