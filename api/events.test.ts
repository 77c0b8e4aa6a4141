import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RunningApi } from '../app/open-app.ts';
import { seedFor } from '../testing/seeds.ts';
import { type MemoryApp, openMemoryApp } from '../testing/topology/memory-app.ts';
import { startApi } from './start-api.ts';

const YEAR_MS = 365 * 86_400_000;
const LIMIT_MS = 1_800_000;

describe('a stream of events', () => {
  let parts: MemoryApp;
  let api: RunningApi;
  let wallOffsetMs: number;
  beforeEach(async () => {
    wallOffsetMs = 0;
    parts = await openMemoryApp({ seed: seedFor('TOPOLOGY_SEED'), env: { HOARDARR_PORT: '0' } });
    const { clock } = parts;
    const wall = {
      now: () => clock.now() + wallOffsetMs,
      elapsed: () => clock.elapsed(),
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    };
    api = await startApi({ ...parts.app, clock: wall });
  });
  afterEach(async () => {
    await api.stop();
    await parts.app.close();
  });

  it.each([0, -YEAR_MS])('says that it is still there, where the clock is set by %s ms meanwhile', async (offsetMs) => {
    const stop = new AbortController();
    const { body } = await fetch(`${api.url}/v1/events`, { signal: stop.signal });
    let text = '';
    const reading = (async (): Promise<void> => {
      for await (const part of body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(part).toString();
    })().catch(() => undefined);
    await parts.clock.runUntil(() => text.includes('event: pipeline'), LIMIT_MS);
    wallOffsetMs = offsetMs;
    await parts.clock.runUntil(() => text.includes(': still here'), LIMIT_MS);
    stop.abort();
    await reading;
    expect(text).toMatch(/: connected[^]*event: pipeline[^]*: still here/);
  });
});
