import { describe, expect, it } from '@jest/globals';
import { createTelemetry } from './telemetry.ts';

const PLANTED = 'planted/token+value="42"';

function logged(secrets: readonly string[], say: (telemetry: ReturnType<typeof createTelemetry>) => void): string {
  let text = '';
  say(createTelemetry({ level: 'debug', secrets, stream: { write: (line) => void (text += line) } }));
  return text;
}

describe('logs', () => {
  it('show a secret nowhere: not in messages, fields, keys, errors, causes, children or URLs', () => {
    const error = new Error(`GET https://x/?a=${encodeURIComponent(PLANTED)} failed`, { cause: new Error(PLANTED) });
    const text = logged([PLANTED], ({ log }) => {
      log.info(`message with ${PLANTED}`);
      log.warn('fields', {
        note: PLANTED,
        deep: { list: [PLANTED] },
        accessToken: 'abc',
        authorization: 'Bearer abcdefgh',
        apiKey: 'xyz',
      });
      log.error('error', { error });
      log.child({ note: PLANTED }).debug('child', { json: JSON.stringify({ token: PLANTED }) });
    });
    expect(text.trim().split('\n')).toHaveLength(4);
    expect(text).not.toContain('planted');
    expect(text).not.toMatch(/abcdefgh|"abc"|"xyz"/);
    expect(text).toContain('[redacted]');
  });

  it('keep out what looks like a secret though nobody told of it', () => {
    const text = logged([], ({ log }) => {
      log.info('Authorization: Bearer abcdefghijkl');
      log.info('key sk-abcdefghijklmnopqrst, ghp_abcdefghijklmnopqrstuv');
      log.info('https://user:hunter22@example.test/?access_token=hunter22&q=cats');
      log.info('{"refresh_token":"hunter22"}');
    });
    expect(text).not.toMatch(/abcdefghijkl|hunter22/);
    expect(text).toContain('q=cats');
  });

  it('show counts of tokens', () => {
    expect(logged([], ({ log }) => log.info('embedded', { tokens: 12, token: 3 }))).toContain('"tokens":12');
  });

  it('are one JSON object a line, with level and time', () => {
    const line: unknown = JSON.parse(logged([], ({ log }) => log.info('hello', { scope: 'tiktok/me' })));
    expect(line).toMatchObject({
      level: 'info',
      msg: 'hello',
      scope: 'tiktok/me',
      time: expect.stringMatching(/Z$/),
    });
  });
});

describe('metrics', () => {
  it('have help texts, and survive labels that they were not told of', async () => {
    const { metrics } = createTelemetry({ level: 'silent', secrets: [] });
    metrics.count('hoardarr_removed', 2, { reason: 'sink' });
    metrics.count('hoardarr_removed', 1, { reason: 'person', other: 'x' });
    metrics.gauge('hoardarr_converged', 1, { scope: 'tiktok/me/favorites' });
    metrics.resetGauge('hoardarr_converged');
    const text = await metrics.registry.metrics();
    expect(text).toContain('hoardarr_removed_total{reason="sink"} 2');
    expect(text).toContain('# HELP hoardarr_removed_total Items removed, by who decided');
    expect(text).not.toContain('tiktok/me/favorites');
  });
});
