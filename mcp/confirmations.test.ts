import { describe, expect, it } from '@jest/globals';
import { Confirmations } from './confirmations.ts';

describe('changes that wait for a confirmation', () => {
  it('are given once', () => {
    const changes = new Confirmations<string>(() => 0);
    const { token } = changes.offer('purge 1');
    const { token: other } = changes.offer('purge 2');
    expect(token).not.toBe(other);
    expect([changes.take('guessed'), changes.take(token), changes.take(token), changes.take(other)]).toEqual([
      null,
      'purge 1',
      null,
      'purge 2',
    ]);
  });

  it('are forgotten after five minutes', () => {
    let now = 1_000;
    const changes = new Confirmations<string>(() => now);
    const [early, late] = [changes.offer('early'), changes.offer('late')];
    expect(early.expiresAt).toBe(301_000);
    now = 300_999;
    expect(changes.take(early.token)).toBe('early');
    now = 301_000;
    expect(changes.take(late.token)).toBeNull();
  });

  it('give way to newer ones, a hundred of them', () => {
    const changes = new Confirmations<number>(() => 0);
    const tokens = Array.from({ length: 101 }, (_, i) => changes.offer(i).token);
    expect(tokens.map((token) => changes.take(token)).filter((change) => change === null)).toHaveLength(1);
    expect(changes.take(tokens[0] ?? '')).toBeNull();
  });
});
