import { Worker } from 'node:worker_threads';
import { EmbedderUnavailableError, messageOf } from '../../../core/errors.ts';

/** What the thread sends: the answer to one text, or the end of a job. */
export type ThreadMessage =
  | { readonly type: 'ready' }
  | {
      readonly type: 'result';
      readonly id: number;
      readonly index: number;
      readonly vector?: Float32Array;
      readonly error?: string;
    }
  | { readonly type: 'done'; readonly id: number };

export type ModelResult = { readonly vector: Float32Array } | { readonly error: string };

interface Job {
  readonly results: ModelResult[];
  readonly onResult: () => void;
  readonly resolve: (results: readonly ModelResult[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread with the model in it, for as long as it lives: when it dies, all its jobs reject with EmbedderUnavailableError,
 * and a new one has to be made.
 */
export class ModelThread {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  readonly #onExit: () => void;
  #nextId = 0;
  #callers = 0;
  #dead: EmbedderUnavailableError | undefined;
  readonly #ready: Promise<void>;

  /** @param onExit called once, when the thread is no more */
  constructor(file: URL, onExit: () => void) {
    // What the model's library prints must not get into the program's own output. Nobody reads it either: a stream that is
    // read keeps the process alive.
    this.#worker = new Worker(file, { stdout: true, stderr: true });
    this.#onExit = onExit;
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: ThreadMessage) => {
        if (message.type === 'ready') resolve();
        else this.#receive(message);
      });
      this.#worker.on('error', (error) => this.#die(`the embedding thread failed: ${messageOf(error)}`, reject));
      this.#worker.on('exit', (code) => this.#die(`the embedding thread ended with status ${code}`, reject));
    });
    // Whoever waits for it hears of it; where nobody does, it is no unhandled rejection.
    this.#ready.catch(() => {});
  }

  /**
   * @param onResult called after each text
   * @throws EmbedderUnavailableError where the thread dies
   * @throws the signal's reason
   */
  async embed(
    texts: readonly string[],
    onResult: () => void,
    signal: AbortSignal | undefined,
  ): Promise<readonly ModelResult[]> {
    const id = this.#nextId;
    this.#nextId += 1;
    const cancel = (): void => this.#send({ type: 'cancel', id });
    // A thread without work must not keep the process alive.
    this.#callers += 1;
    this.#worker.ref();
    try {
      await this.#ready;
      signal?.throwIfAborted();
      signal?.addEventListener('abort', cancel, { once: true });
      const results = await new Promise<readonly ModelResult[]>((resolve, reject) => {
        if (this.#dead !== undefined) {
          reject(this.#dead);
          return;
        }
        this.#jobs.set(id, { results: [], onResult, resolve, reject });
        this.#send({ type: 'embed', id, texts });
      });
      signal?.throwIfAborted();
      return results;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#jobs.delete(id);
      this.#callers -= 1;
      if (this.#callers === 0) this.#worker.unref();
    }
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(message: { readonly type: 'cancel' | 'embed'; readonly id: number; readonly texts?: readonly string[] }): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window: it has no origin
    this.#worker.postMessage(message);
  }

  #receive(message: Exclude<ThreadMessage, { readonly type: 'ready' }>): void {
    const job = this.#jobs.get(message.id);
    if (job === undefined) return;
    if (message.type === 'done') {
      job.resolve(job.results);
      return;
    }
    const { index, vector, error = 'no vector' } = message;
    job.results[index] = vector === undefined ? { error } : { vector };
    job.onResult();
  }

  #die(reason: string, rejectReady: (error: Error) => void): void {
    if (this.#dead !== undefined) return;
    this.#dead = new EmbedderUnavailableError(reason);
    rejectReady(this.#dead);
    for (const { reject } of this.#jobs.values()) reject(this.#dead);
    this.#onExit();
  }
}
