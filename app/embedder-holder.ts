import { InputError } from '../core/errors.ts';
import type { Embedder } from '../core/ports/embedder.ts';
import { createEmbedder } from '../processors/embed/create-embedder.ts';
import type { EmbedderDeps } from '../processors/embed/embedder-deps.ts';
import { DEFAULT_MODEL, usdPerToken } from '../processors/embed/openai/prices.ts';
import type { EmbedderSettings } from './config.ts';
import type { CurrentStore, PinnedEmbedder } from './current-store.ts';

/** Makes the embedder when it is first needed, and sees to it that it is the one that the store was made with (law 9). */
export class EmbedderHolder {
  readonly #settings: EmbedderSettings;
  readonly #stores: CurrentStore;
  readonly #depsFor: (settings: EmbedderSettings) => EmbedderDeps;
  /** by the model that was asked for */
  readonly #made = new Map<string | undefined, Promise<Embedder>>();
  /** what is configured, with the model that is pinned where the configuration names none */
  #followed: EmbedderSettings;

  constructor(settings: EmbedderSettings, stores: CurrentStore, depsFor: (settings: EmbedderSettings) => EmbedderDeps) {
    this.#settings = settings;
    this.#followed = settings;
    this.#stores = stores;
    this.#depsFor = depsFor;
  }

  /**
   * Pins it at first use; where the configuration names no model, the one that is pinned counts, whichever a rebuild chose. Rejects
   * with InputError, which names the command to run, when another one is pinned.
   */
  async pinned(): Promise<Embedder> {
    for (;;) {
      const embedder = await this.#with(this.#followed);
      const { name, model, dimensions } = embedder;
      const pinned = await this.#stores.pin({ name, model, dimensions });
      if (fits(pinned, { name, model, dimensions })) return embedder;
      const followed = followingPin(this.#settings, pinned);
      if (followed.model !== pinned.model || pinned.model === model) throw refusal(pinned, { name, model, dimensions });
      this.#followed = followed;
    }
  }

  /** One with another model. The caller closes it. */
  other(model: string): Promise<Embedder> {
    return this.#create({ ...this.#settings, model }).then((embedder) => {
      if (embedder.model !== model)
        throw new InputError(
          `the embedder '${embedder.name}' has one model only, ${embedder.model}: choose another embedder with HOARDARR_EMBEDDER, or that model`,
        );
      return embedder;
    });
  }

  async close(): Promise<void> {
    for (const made of this.#made.values()) await (await made.catch(() => null))?.close();
  }

  async #with(settings: EmbedderSettings): Promise<Embedder> {
    const made = this.#made.get(settings.model) ?? this.#create(settings);
    this.#made.set(settings.model, made);
    return await made.catch((error: unknown) => {
      this.#made.delete(settings.model);
      throw error;
    });
  }

  #create(settings: EmbedderSettings): Promise<Embedder> {
    return createEmbedder(settings, this.#depsFor(settings));
  }
}

/** More than one model is there to choose from. */
export function hasModels({ name }: EmbedderSettings): boolean {
  return name === 'openai';
}

/** Decision 0032: where no model is configured, the one counts that is pinned for this embedder. */
export function followingPin(settings: EmbedderSettings, pinned: PinnedEmbedder | null): EmbedderSettings {
  if (!hasModels(settings) || settings.model !== undefined || pinned?.name !== settings.name) return settings;
  return { ...settings, model: pinned.model };
}

/** US dollars for a token; null where that is not known. What runs here has no price. */
export function priceOf({ name, model, baseUrl }: EmbedderSettings): number | null {
  return name === 'openai' ? usdPerToken(model ?? DEFAULT_MODEL, baseUrl) : null;
}

function fits(pinned: PinnedEmbedder, offered: PinnedEmbedder): boolean {
  const sameDimensions =
    pinned.dimensions === offered.dimensions || pinned.dimensions === 0 || offered.dimensions === 0;
  return pinned.name === offered.name && pinned.model === offered.model && sameDimensions;
}

function refusal(pinned: PinnedEmbedder, offered: PinnedEmbedder): InputError {
  const isSame = pinned.name === offered.name && pinned.model === offered.model;
  const nameOf = ({ name, model, dimensions }: PinnedEmbedder): string =>
    `${name} ${model}${isSame ? ` with ${dimensions} dimensions` : ''}`;
  const settings = [
    `HOARDARR_EMBEDDER=${pinned.name}`,
    ...(pinned.name === 'openai' ? [`OPENAI_EMBEDDING_MODEL=${pinned.model}`] : []),
    ...(isSame ? [`OPENAI_EMBEDDING_DIMENSIONS=${pinned.dimensions}`] : []),
  ];
  return new InputError(
    `the vectors here are of ${nameOf(pinned)}, and ${nameOf(offered)} is configured. ` +
      `To go on as before, set ${settings.join(' and ')}; ` +
      `to change, run: hoardarr rebuild --model ${offered.model}`,
    { pinned, offered },
  );
}
