import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../app/clock.ts';
import { InputError } from '../../core/errors.ts';
import { RecordingTelemetry } from '../../testing/recording-telemetry.ts';
import { createEmbedder, type EmbedderConfig } from './create-embedder.ts';

const make = (config: EmbedderConfig) =>
  createEmbedder(config, { clock: systemClock, random: () => 0, telemetry: new RecordingTelemetry() });

describe('createEmbedder', () => {
  const cases: readonly (readonly [EmbedderConfig, object])[] = [
    [
      { name: 'openai', apiKey: 'sk-invented' },
      { model: 'text-embedding-3-small', dimensions: 1_536 },
    ],
    [
      { name: 'openai', baseUrl: 'http://127.0.0.1:1/v1', model: 'm', dimensions: 7 },
      { model: 'm', dimensions: 7 },
    ],
    [{ name: 'local' }, { model: 'universal-sentence-encoder-lite', dimensions: 512 }],
    [
      { name: 'hash', dimensions: 9 },
      { model: 'hash-for-tests-9', dimensions: 9 },
    ],
  ];
  it.each(cases)('makes %j', async (config, expected) => {
    const embedder = await make(config);
    expect(embedder).toMatchObject({ name: config.name, ...expected });
    await embedder.close();
  });

  it('says what is missing for OpenAI', async () => {
    await expect(make({ name: 'openai' })).rejects.toThrow(InputError);
    await expect(make({ name: 'openai' })).rejects.toThrow('OPENAI_API_KEY');
  });
});
