import { describe, expect, it } from '@jest/globals';
import { createTelemetry } from '../app/telemetry.ts';
import { BusyError, InputError, LogUnavailableError, StoreUnavailableError } from '../core/errors.ts';
import { answer } from './answer.ts';

describe('what an assistant is told when a tool fails', () => {
  let logged = '';
  const telemetry = createTelemetry({
    level: 'error',
    secrets: ['a-planted-token'],
    stream: { write: (line) => void (logged += line) },
  });
  const failedWith = async (error: Error): Promise<unknown> => {
    logged = '';
    return await answer({ telemetry }, 'a_tool', async () => {
      throw error;
    });
  };

  it.each([
    new InputError('the query is empty'),
    new BusyError('a rebuild runs already: wait until it is done'),
    new StoreUnavailableError('the store is away'),
    new LogUnavailableError('the log is away'),
  ])('is what a $name says', async (error) => {
    expect(await failedWith(error)).toEqual({ isError: true, content: [{ type: 'text', text: error.message }] });
    expect(logged).toBe('');
  });

  it('is nothing of a fault of ours, which is logged, and no secret', async () => {
    const text = 'something went wrong in a_tool; the log of Hoardarr has more';
    expect(await failedWith(new TypeError('x is undefined'))).toEqual({
      isError: true,
      content: [{ type: 'text', text }],
    });
    expect(logged).toContain('x is undefined');
    const refused = await failedWith(new InputError('no such thing: a-planted-token'));
    expect(JSON.stringify(refused)).not.toContain('a-planted-token');
  });
});
