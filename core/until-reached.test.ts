import { describe, expect, it } from '@jest/globals';
import { ShiftedClock } from '../testing/producer-world.ts';
import { RecordingTelemetry } from '../testing/recording-telemetry.ts';
import { InputError, StoreUnavailableError } from './errors.ts';
import { untilReached } from './until-reached.ts';

describe('waiting for a server', () => {
  const telemetry = new RecordingTelemetry();
  const patience = {
    what: 'the store',
    isAway: (error: unknown) => error instanceof StoreUnavailableError,
    clock: new ShiftedClock(),
    random: () => 0.001,
    log: telemetry.log,
  };
  const away = async (): Promise<never> => {
    throw new StoreUnavailableError('nobody is there');
  };

  it('goes on while it cannot be reached, and says so, but not where it refuses us', async () => {
    const answers = [
      new StoreUnavailableError('nobody is there'),
      new StoreUnavailableError('nobody is there'),
      'open',
    ];
    const open = async (): Promise<string> => {
      const answer = answers.shift();
      if (typeof answer === 'string') return answer;
      throw answer ?? new InputError('refused');
    };
    expect(await untilReached(open, patience)).toBe('open');
    expect(telemetry.lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
    await expect(untilReached(open, patience)).rejects.toThrow('refused');
  });

  it('ends with the outage when its time is over, and with the interruption when it is interrupted', async () => {
    await expect(untilReached(away, { ...patience, signal: AbortSignal.timeout(20) })).rejects.toThrow(
      'nobody is there',
    );
    const interrupted = new AbortController();
    const waiting = untilReached(away, { ...patience, signal: interrupted.signal });
    interrupted.abort(new Error('interrupted by SIGINT'));
    await expect(waiting).rejects.toThrow('interrupted by SIGINT');
  });
});
