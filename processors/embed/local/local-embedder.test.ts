import { execFile } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { EmbedderUnavailableError } from '../../../core/errors.ts';
import { describeEmbedder } from '../../../testing/contracts/embedder.ts';
import { RecordingTelemetry } from '../../../testing/recording-telemetry.ts';
import type { EmbedderDeps, EmbedProgress } from '../embedder-deps.ts';
import { LocalEmbedder } from './local-embedder.ts';

const deps = (): EmbedderDeps & { readonly telemetry: RecordingTelemetry } => ({
  clock: { now: () => 0, elapsed: () => 0, sleep: async () => {} },
  random: () => 0,
  telemetry: new RecordingTelemetry(),
});

/** A thread that plays the model, so that tests can make it fail. */
const thread = (code: string): URL =>
  new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from 'node:worker_threads';\n${code}`)}`);

const WELL_BEHAVED = `
  parentPort.postMessage({ type: 'ready' });
  parentPort.on('message', ({ type, id, texts }) => {
    if (type !== 'embed') return;
    if (texts.includes('die')) process.exit(7);
    for (const [index, text] of texts.entries()) {
      parentPort.postMessage({ type: 'result', id, index, ...(text === 'odd' ? { error: 'odd text' } : { vector: new Float32Array(512).fill(text.length) }) });
    }
    parentPort.postMessage({ type: 'done', id });
  });`;

describe('local embedder', () => {
  describe('with its model', () => {
    describeEmbedder({ make: async () => new LocalEmbedder(deps()), embedsSymbols: true });
  });

  it('reports that the model loads, and each text that is done', async () => {
    const progress: EmbedProgress[] = [];
    const embedder = new LocalEmbedder({ ...deps(), onProgress: (step) => progress.push(step) }, thread(WELL_BEHAVED));
    await embedder.embed(['one', 'two']);
    await embedder.embed(['three']);
    await embedder.close();
    expect(progress).toEqual([
      { phase: 'loading', done: 0, total: 0 },
      { phase: 'embedding', done: 1, total: 2 },
      { phase: 'embedding', done: 2, total: 2 },
      { phase: 'embedding', done: 1, total: 1 },
    ]);
  });

  it('is unavailable when its thread dies, and starts another for the next text', async () => {
    const embedder = new LocalEmbedder(deps(), thread(WELL_BEHAVED));
    const [first, second] = [embedder.embed(['fine']), embedder.embed(['die'])];
    await expect(second).rejects.toBeInstanceOf(EmbedderUnavailableError);
    await first;
    const [result] = await embedder.embed(['again']);
    expect(result).toMatchObject({ truncated: false });
    await embedder.close();
  });

  it('is unavailable when its model cannot be loaded', async () => {
    const embedder = new LocalEmbedder(deps(), thread(`throw new Error('no model here');`));
    await expect(embedder.embed(['text'])).rejects.toThrow('no model here');
    await expect(embedder.embed(['text'])).rejects.toBeInstanceOf(EmbedderUnavailableError);
    await embedder.close();
  });

  it('refuses for good only the text that the model fails on', async () => {
    const embedder = new LocalEmbedder(deps(), thread(WELL_BEHAVED));
    const results = await embedder.embed(['fine', 'odd', 'also fine']);
    expect(results[1]).toEqual({ error: 'odd text', permanent: true });
    expect(results[2]).toMatchObject({ vector: new Float32Array(512).fill(9) });
    await embedder.close();
  });

  it('cuts a long text between words, and says so', async () => {
    const embedder = new LocalEmbedder(deps(), thread(WELL_BEHAVED));
    const [result] = await embedder.embed(['word '.repeat(1_000)]);
    expect(result).toMatchObject({ truncated: true, vector: new Float32Array(512).fill(3_999) });
    await embedder.close();
  });

  it('does not keep a process alive that has nothing else to do, nor prints anything', async () => {
    const root = path.resolve(__dirname, '../../..');
    const loader = pathToFileURL(path.join(root, 'testing/typescript-loader/register.mjs')).href;
    const child = path.join(__dirname, 'idle.test-child.ts');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', loader, child]);
    expect({ stdout, stderr }).toEqual({ stdout: 'true', stderr: '' });
  });

  it('takes no text once it is closed', async () => {
    const embedder = new LocalEmbedder(deps(), thread(WELL_BEHAVED));
    await embedder.embed(['text']);
    await embedder.close();
    await expect(embedder.embed(['text'])).rejects.toBeInstanceOf(EmbedderUnavailableError);
  });
});
