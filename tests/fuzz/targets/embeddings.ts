import { EmbedderUnavailableError } from '../../../core/errors.ts';
import { EmbeddingsClient, RefusedError } from '../../../processors/embed/openai/client.ts';
import { RecordingTelemetry } from '../../../testing/recording-telemetry.ts';
import { type FuzzTarget, holds, readOrRefuse } from '../target.ts';
import { InstantClock, replies, reply, scriptedFetch } from './replies.ts';

const TEXTS = ['one', 'two'];
/** Its timer outlives the request, and thousands of them in a second would fill the memory. */
const TIMEOUT_MS = 250;
const LONGEST_WAIT_MS = 20 * 60_000;

async function run(input: Uint8Array): Promise<void> {
  const clock = new InstantClock();
  // The vendor's client takes fetch when it is made, and offers no place of its own through ours.
  const before = globalThis.fetch;
  globalThis.fetch = scriptedFetch(input).fetch;
  try {
    const client = new EmbeddingsClient(
      { apiKey: 'planted', baseUrl: 'https://embed.test/v1', model: 'm', concurrency: 1, timeoutMs: TIMEOUT_MS },
      { clock, random: () => 0.5, telemetry: new RecordingTelemetry() },
    );
    const answer = await readOrRefuse(() => client.request(TEXTS, undefined), [EmbedderUnavailableError, RefusedError]);
    holds(clock.waitedMs <= LONGEST_WAIT_MS, `waits for ${clock.waitedMs} ms`);
    if (answer === null) return;
    holds(answer.vectors.length === TEXTS.length, `${answer.vectors.length} vectors came`);
    for (const vector of answer.vectors)
      holds(vector.length > 0 && vector.every(Number.isFinite), 'a vector holds what is no number');
  } finally {
    globalThis.fetch = before;
  }
}

const JSON_TYPE = 'content-type: application/json';
const vector = Buffer.from(new Float32Array([0.5, -0.5]).buffer).toString('base64');
const entry = (index: number, embedding: unknown): object => ({ object: 'embedding', index, embedding });

export const embeddings: FuzzTarget = {
  about: 'answers of an embeddings API',
  seeds: [
    replies(reply({ data: [entry(0, vector), entry(1, vector)], usage: { prompt_tokens: 4 } }, JSON_TYPE)),
    replies(reply({ data: [entry(1, [0.1, 0.2]), entry(0, [0.3, 1])] }, JSON_TYPE)),
    replies(reply({ error: { message: 'encoding_format is not supported', code: null } }, JSON_TYPE, 400), reply('{}')),
    replies(reply({ error: { message: 'slow', code: 'rate' } }, `${JSON_TYPE}\nretry-after-ms: 20`, 429)),
    replies(reply({ error: { message: 'no', code: 'insufficient_quota' } }, `${JSON_TYPE}\nretry-after: 5`, 429)),
    replies(reply('<html>', 'content-type: text/html', 503), reply('', '', 401)),
  ],
  words: [
    '"index":',
    '"embedding":',
    '"AAAA"',
    '"error":',
    'retry-after: ',
    'retry-after-ms: ',
    '1e39',
    '\n%%\n',
    '500\n',
  ],
  open: async () => ({ run, close: async () => undefined }),
};
