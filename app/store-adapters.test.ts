import { expect, it } from '@jest/globals';
import { InputError, StoreUnavailableError } from '../core/errors.ts';
import { ShiftedClock } from '../testing/producer-world.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { untilReached } from './store-adapters.ts';

it('waits for a store that cannot be reached, and says so, but not for one that refuses us', async () => {
  const telemetry = new RecordingTelemetry();
  const deps = { clock: new ShiftedClock(), random: () => 0.001, log: telemetry.log };
  const answers = [new StoreUnavailableError('nobody is there'), new StoreUnavailableError('nobody is there'), 'open'];
  const open = async (): Promise<string> => {
    const answer = answers.shift();
    if (typeof answer === 'string') return answer;
    throw answer ?? new InputError('refused');
  };
  expect(await untilReached(open, deps)).toBe('open');
  expect(telemetry.lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
  await expect(untilReached(open, deps)).rejects.toThrow('refused');
});
