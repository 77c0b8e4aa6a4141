/** A text with its vector, or why it has none. */
export type EmbedResult =
  | { readonly vector: Float32Array; readonly tokens: number; readonly truncated: boolean }
  /** permanent: this text will never be taken; otherwise try again later */
  | { readonly error: string; readonly permanent: boolean };

/**
 * Turns texts into vectors. Adapters: processors/embed/openai, /local, /hash. Every adapter passes testing/contracts/embedder.ts.
 */
export interface Embedder {
  /** openai, local, hash */
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  /**
   * How many texts one call should get so that requests are full, and how many calls may run at once.
   */
  readonly batchTexts: number;
  readonly concurrency: number;
  /**
   * The results in the order of the texts, one for each. Packs requests by the limits of the provider, retries what can be
   * retried, and isolates a poison text. Rejects with EmbedderUnavailableError when the provider is down: none was embedded.
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly EmbedResult[]>;
  close(): Promise<void>;
}
