import { InputError } from '../../core/errors.ts';
import type { Embedder } from '../../core/ports/embedder.ts';
import type { EmbedderDeps } from './embedder-deps.ts';

export interface EmbedderConfig {
  readonly name: 'openai' | 'local' | 'hash';
  readonly apiKey?: string;
  /** of any OpenAI-compatible API */
  readonly baseUrl?: string;
  readonly model?: string;
  /** openai: asked of the server; hash: default 512 */
  readonly dimensions?: number;
}

/**
 * Makes the embedder that was asked for, and loads no other's packages.
 *
 * @throws InputError where a setting is missing
 */
export async function createEmbedder(config: EmbedderConfig, deps: EmbedderDeps): Promise<Embedder> {
  switch (config.name) {
    case 'openai': {
      if (config.apiKey === undefined && config.baseUrl === undefined) {
        throw new InputError('OPENAI_API_KEY is missing: set it, or OPENAI_BASE_URL for a server that needs none');
      }
      const { OpenAiEmbedder } = await import('./openai/openai-embedder.ts');
      return new OpenAiEmbedder(config, deps);
    }
    case 'local': {
      const { LocalEmbedder } = await import('./local/local-embedder.ts');
      return new LocalEmbedder(deps);
    }
    default: {
      const { createHashEmbedder } = await import('./hash/hash-embedder.ts');
      return createHashEmbedder(deps, config.dimensions);
    }
  }
}
