import { describe, expect, it } from '@jest/globals';
import { describeEmbedder } from '../../../testing/contracts/embedder.ts';
import { RecordingTelemetry } from '../../../testing/recording-telemetry.ts';
import { createHashEmbedder, hashText } from './hash-embedder.ts';

describe('hash embedder', () => {
  describeEmbedder({
    make: async () => createHashEmbedder({ telemetry: new RecordingTelemetry() }),
    embedsSymbols: false,
  });

  it('says what it is for', () => {
    const telemetry = new RecordingTelemetry();
    const embedder = createHashEmbedder({ telemetry }, 64);
    expect(embedder.model).toBe('hash-for-tests-64');
    expect(telemetry.lines).toEqual([
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('tests') }),
    ]);
  });

  it('gives the same bytes as ever: vectors are kept for long', () => {
    const { vector, words } = hashText('Der Apfel, der FÄLLT. Der Äpfel fällt!', 8);
    expect(words).toBe(7);
    expect([...vector].map((value) => Number(value.toFixed(4)))).toEqual([
      -0.5053, 0, 0.1684, -0.7579, 0.3369, 0.1684, 0, 0,
    ]);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  });

  it('takes letters of either case for the same', () => {
    expect(hashText('ÉCOLE Straße', 32).vector).toEqual(hashText('école straße', 32).vector);
  });
});
