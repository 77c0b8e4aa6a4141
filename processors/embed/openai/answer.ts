/** The answer of the server is none to the question: wrong number, wrong order, no vectors. */
export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}

/** The server did not answer in time. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

export interface Answer {
  /** in the order of the inputs, all of the same length */
  readonly vectors: readonly Float32Array[];
  /** of all inputs together; undefined where the server does not say */
  readonly tokens: number | undefined;
}

/**
 * Puts the vectors in the order of the inputs, whichever format they came in: servers that do not know `encoding_format`
 * answer with arrays of numbers.
 *
 * @param body what came, of any shape
 * @throws BadAnswerError
 */
export function readAnswer(body: unknown, inputs: number): Answer {
  const data = isRecord(body) ? body['data'] : undefined;
  if (!Array.isArray(data)) throw new BadAnswerError('the answer is no list of embeddings');
  if (data.length !== inputs) throw new BadAnswerError(`${data.length} embeddings came for ${inputs} texts`);
  const vectors: Float32Array[] = Array.from({ length: inputs });
  for (const [place, entry] of data.entries()) {
    if (!isRecord(entry)) throw new BadAnswerError('an embedding is no object');
    const index = entry['index'] ?? place;
    if (typeof index !== 'number' || !(index in vectors) || vectors[index] !== undefined) {
      throw new BadAnswerError('the embeddings are not numbered as the texts are');
    }
    vectors[index] = readVector(entry['embedding']);
  }
  const length = vectors[0]?.length;
  if (vectors.some((vector) => vector.length !== length)) throw new BadAnswerError('the embeddings differ in length');
  const usage = isRecord(body) && isRecord(body['usage']) ? body['usage'] : {};
  const tokens = usage['prompt_tokens'];
  return { vectors, tokens: typeof tokens === 'number' && tokens > 0 ? tokens : undefined };
}

function readVector(embedding: unknown): Float32Array {
  const vector = typeof embedding === 'string' ? decodeBase64(embedding) : fromNumbers(embedding);
  if (vector.length === 0) throw new BadAnswerError('an embedding is empty');
  // One number that is not finite makes the sum so; much quicker than to look at each.
  let sum = 0;
  for (let i = 0; i < vector.length; i += 1) sum += vector[i] ?? 0;
  if (!Number.isFinite(sum)) throw new BadAnswerError('an embedding holds what is no number');
  return vector;
}

/** Little-endian float32, as OpenAI writes it and as every platform that Node runs on keeps it. */
function decodeBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % Float32Array.BYTES_PER_ELEMENT !== 0) throw new BadAnswerError('an embedding is cut off');
  // Copied, because a pooled buffer need not be aligned.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function fromNumbers(embedding: unknown): Float32Array {
  if (!Array.isArray(embedding)) throw new BadAnswerError('an embedding is neither base64 nor a list');
  return Float32Array.from(embedding, (value: unknown) => (typeof value === 'number' ? value : Number.NaN));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
