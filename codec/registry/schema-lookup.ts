import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { SchemasUnavailableError } from '../../core/errors.ts';
import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { clientConfig, NOT_FOUND_CODES, ourSchema, type RegistrySettings } from './registry-client.ts';

/** What the thread says of an id. */
interface Answer {
  readonly id: number;
  readonly schema?: string;
  readonly missing?: true;
  readonly error?: string;
}

/** How long a decoder stands still for an answer. Later ones are taken at the next try. */
const WAIT_MS = 3_000;
/** An id that the registry did not have then may be given to a schema of a newer version. */
const ASK_AGAIN_MS = 10_000;
/** Ids are positive ints of Java. */
const MAX_ID = 2 ** 31 - 1;

/**
 * Schemas by id, looked up at once: decoding is synchronous, and an id that came to be after the start (a newer version of
 * the program has written it) has to be known before the record can be called poison. It happens once for each such id.
 */
export class SchemaLookup {
  readonly #settings: RegistrySettings;
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));
  readonly #missingSince = new Map<number, number>();
  readonly #asked = new Set<number>();
  readonly #known = new Map<number, AvroRecord | undefined>();
  #thread: { readonly worker: Worker; readonly port: MessagePort } | null = null;

  constructor(settings: RegistrySettings) {
    this.#settings = settings;
  }

  /**
   * Undefined where the registry has no such id, or something else than a record of ours.
   *
   * @throws SchemasUnavailableError where it does not answer
   */
  schemaOf(id: number): AvroRecord | undefined {
    if (id < 1 || id > MAX_ID) return undefined;
    this.#take(id);
    if (this.#known.has(id)) return this.#known.get(id);
    const missingSince = this.#missingSince.get(id);
    if (missingSince !== undefined && performance.now() - missingSince < ASK_AGAIN_MS) return undefined;
    this.#ask(id);
    if (this.#known.has(id)) return this.#known.get(id);
    if (this.#missingSince.has(id)) return undefined;
    throw new SchemasUnavailableError(
      `the schema registry at ${this.#settings.url} does not answer what schema ${id} is`,
    );
  }

  async close(): Promise<void> {
    this.#thread?.port.close();
    await this.#thread?.worker.terminate();
    this.#thread = null;
  }

  #ask(id: number): void {
    const { port } = (this.#thread ??= this.#start());
    // Who has not answered yet is not waited for again: other partitions and heartbeats have to go on.
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    this.#missingSince.delete(id);
    const seen = Atomics.load(this.#answered, 0);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window: it has no origin
    port.postMessage(id);
    Atomics.wait(this.#answered, 0, seen, WAIT_MS);
    this.#take(id);
  }

  /** @throws SchemasUnavailableError where the answer is that the registry could not be asked for this id */
  #take(wanted: number): void {
    if (this.#thread === null) return;
    let failure: string | undefined;
    for (let given = receiveMessageOnPort(this.#thread.port); given; given = receiveMessageOnPort(this.#thread.port)) {
      const { id, schema, missing, error } = given.message as Answer;
      this.#asked.delete(id);
      if (missing === true) this.#missingSince.set(id, performance.now());
      else if (schema !== undefined) this.#known.set(id, ourSchema(schema));
      else if (id === wanted) failure = error;
    }
    if (failure !== undefined) {
      throw new SchemasUnavailableError(`the schema registry at ${this.#settings.url} cannot be asked: ${failure}`);
    }
  }

  #start(): { worker: Worker; port: MessagePort } {
    const { port1, port2 } = new MessageChannel();
    const config = clientConfig(this.#settings);
    const worker = new Worker(new URL('./lookup-thread.mjs', import.meta.url), {
      workerData: { config, notFoundCodes: [...NOT_FOUND_CODES], port: port2, answered: this.#answered },
      transferList: [port2],
    });
    // The next question starts another one.
    worker.on('error', () => {
      this.#thread = null;
      this.#asked.clear();
    });
    worker.unref();
    port1.unref();
    return { worker, port: port1 };
  }
}
