import { describe, expect, it } from '@jest/globals';
import { runHistory } from './run-history.ts';
import { tellFailure, tellRecords } from './tell-failure.ts';

describe('what is told of a history that failed', () => {
  const plan = { kind: 'tiktok', seed: 7, steps: [{ name: 'whole', seed: 1 }] } as const;

  it('ends with its steps, as regressions.ts takes them', async () => {
    const report = await runHistory(plan);
    const told = tellFailure({ plan, report: { ...report, violations: ['wrong'] } });
    expect(told.slice(told.indexOf('\nwrong\n'))).toBe(`
wrong

  'what was wrong (7)': {
    kind: 'tiktok',
    seed: 7,
    steps: [
      { name: 'whole', seed: 1 },
    ],
  },`);
  });

  it('has every record that was written, also where it was erased', async () => {
    const { evidence } = await runHistory(plan);
    const lines = tellRecords(evidence).split('\n');
    expect(lines).toHaveLength(evidence.written.length);
    expect(lines.find((line) => line.startsWith('ingest'))).toMatch(/^ingest \d+:0 tiktok\/me\|\S+ SyncStarted \{/);
  });

  it('has what cannot be read too', async () => {
    const { evidence } = await runHistory(plan);
    const record = { key: 'k', value: new Uint8Array(), headers: {}, timestamp: 0, offset: 99 };
    evidence.add('enriched', 0, record);
    expect(tellRecords(evidence).split('\n').at(-1)).toBe('enriched 0:99 k 0 bytes that cannot be read');
  });
});
