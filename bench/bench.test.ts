import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { programAt } from '../testing/machines/program.ts';
import { describeWithChromium, describeWithParts, type PartEnvironment } from '../testing/stack/real-parts.ts';

const execute = promisify(execFile);
const PROGRAM = programAt('bench/main');
const ITEMS: Readonly<Record<string, number>> = {
  pipeline: 60,
  reconcile: 600,
  embed: 400,
  search: 60,
  rebuild: 60,
  sync: 150,
  codec: 500,
};

/** For temporary files of the benchmarks alone, since others may run at the same time. */
const temporary = mkdtempSync(path.join(tmpdir(), 'hoardarr-bench-test-'));

afterAll(() => rmSync(temporary, { recursive: true }));

async function run(words: readonly string[], env: PartEnvironment = {}): Promise<string> {
  const { stdout } = await execute(process.execPath, [...PROGRAM, ...words], {
    env: { ...process.env, ...env, TMPDIR: temporary },
  });
  return stdout;
}

async function expectReport(name: string, items: number, env: PartEnvironment = {}): Promise<void> {
  const report: unknown = JSON.parse(await run([name, '--items', String(items), '--rounds', '1'], env));
  expect(report).toEqual({
    name,
    machine: expect.objectContaining({ cores: expect.any(Number), node: process.version }),
    figures: expect.any(Object),
    floor: expect.any(Object),
    ratio: expect.any(Number),
    goals: expect.any(Array),
  });
  const { goals } = report as { goals: readonly { value: unknown }[] };
  expect(goals.length).toBeGreaterThan(1);
  for (const goal of goals) {
    expect(goal).toEqual({
      what: expect.any(String),
      value: goal.value,
      goal: expect.any(String),
      met: expect.any(Boolean),
    });
    expect(['number', 'boolean']).toContain(typeof goal.value);
  }
  expect(readdirSync(temporary)).toEqual([]);
}

// It starts a broker of its own.
describeWithParts('bench on Kafka', ['kafka'], () => {
  it('kafka does so too', () => expectReport('kafka', 60), 180_000);
});

describeWithParts('bench on Couchbase', ['couchbase'], (environment) => {
  it('couchbase does so too', () => expectReport('couchbase', 400, environment()), 180_000);
});

describeWithChromium('bench in a browser', () => {
  it('console does so too', () => expectReport('console', 600), 120_000);
});

describe('bench', () => {
  it.each(Object.entries(ITEMS))(
    '%s prints one JSON document in the form that is promised, and leaves nothing behind',
    (name, items) => expectReport(name, items),
    60_000,
  );

  it('refuses a name that it does not know, with status 2', async () => {
    await expect(run(['nonsense'])).rejects.toMatchObject({ code: 2, stdout: '' });
  });
});
