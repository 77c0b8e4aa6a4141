import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { mulberry32 } from '../../testing/producer-world.ts';
import { readNumber, seedFor } from '../../testing/seeds.ts';
import { Corpus } from './corpus.ts';
import { Fuzzer, type FuzzReport } from './fuzzer.ts';
import { bytesOf, type FuzzTarget } from './target.ts';
import { zipArchive } from './targets/zip-archive.ts';
import { TARGETS } from './targets.ts';

const SECONDS = readNumber('FUZZ_SECONDS') ?? 0.3;
const LIMIT_MS = 120_000 + 2_000 * SECONDS;
const CORPUS = path.join(__dirname, 'corpus');
const LOADER = path.join(__dirname, '../../testing/typescript-loader/register.mjs');

async function fuzz(target: FuzzTarget, seconds: number, seed: number, corpus: readonly Uint8Array[] = []) {
  const subject = await target.open();
  try {
    return await new Fuzzer(target, subject, { seconds, random: mulberry32(seed), corpus }).run();
  } finally {
    await subject.close();
  }
}

const told = ({ findings }: FuzzReport): readonly string[] =>
  findings.map(({ input, error }) => `${JSON.stringify(Buffer.from(input).toString('latin1'))}: ${error.stack ?? ''}`);

describe('whatever comes from outside', () => {
  const seed = seedFor('FUZZ_SEED');
  it.each(Object.keys(TARGETS))(
    'is read, or refused in words: %s',
    async (name) => {
      const target = TARGETS[name];
      if (target === undefined) throw new Error(`there is no target '${name}'`);
      const corpus = [...new Corpus(CORPUS, name).read().values()];
      expect(told(await fuzz(target, SECONDS, seed, corpus))).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('the fuzzer', () => {
  it('finds an error of the platform, and the shortest input that makes it', async () => {
    const run = (input: Uint8Array): void => {
      if (input.includes(0x7b)) throw new TypeError('planted');
    };
    const target: FuzzTarget = {
      about: 'a fault that was planted',
      seeds: ['some words'],
      words: ['{'],
      open: async () => ({ run, close: async () => undefined }),
    };
    const { findings } = await fuzz(target, 1, 1);
    expect(findings.map(({ input, error }) => [Buffer.from(input).toString(), error.message])).toEqual([
      ['{', 'planted'],
    ]);
  });

  it('finds rejections that nobody handles, and exceptions that nobody can catch', async () => {
    const child = spawn(process.execPath, ['--import', LOADER, path.join(__dirname, 'planted.test-child.ts')]);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    expect(said).toBe('RangeError: a rejection\nRangeError: an exception\n');
  });

  it('keeps what reaches new code, and of that no more than is needed', async () => {
    const subject = await zipArchive.open();
    const seeds = zipArchive.seeds.slice(-1);
    const fuzzer = new Fuzzer({ ...zipArchive, seeds }, subject, {
      seconds: LIMIT_MS / 2_000,
      random: mulberry32(1),
      corpus: [],
      enough: 1,
    });
    const { added, reached, reachedBefore } = await fuzzer.run();
    expect(reached).toBeGreaterThan(reachedBefore);
    const kept = await fuzzer.fewest([...added, ...added, ...seeds.map(bytesOf)]);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(added.length);
    await subject.close();
  });

  it('has an input that never ends kept, and its process ended', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hang-'));
    const child = spawn(process.execPath, ['--import', LOADER, path.join(__dirname, 'hang.test-child.ts'), folder]);
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    expect(readFileSync(path.join(folder, 'finding-hang-or-memory'), 'utf8')).toBe('without end');
    rmSync(folder, { recursive: true });
  });
});
