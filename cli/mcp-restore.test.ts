import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { loadConfig } from '../app/config.ts';
import { openApp } from '../app/open-app.ts';
import { readRestore } from '../app/restore/last-restore.ts';
import { readMarker } from '../app/restore/marker.ts';
import { createTelemetry } from '../app/telemetry.ts';
import { restoreInPlace } from '../app/use-cases/restore.ts';
import { until } from '../app/use-cases/uploads-world.test-helper.ts';
import { main } from './main.ts';
import { CliWorld, videos } from './run-cli.test-helper.ts';

jest.setTimeout(120_000);

interface Answer {
  readonly id: number;
  readonly result: { readonly structuredContent?: { readonly results: readonly { readonly itemId: string }[] } };
}

/** An assistant on the two streams of the command. */
class Assistant {
  readonly #stdin = new PassThrough();
  readonly #ended: Promise<number>;
  #said = '';
  #asked = 0;

  constructor(world: CliWorld) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    stdout.on('data', (chunk: Buffer) => void (this.#said += chunk.toString()));
    const io = { stdin: this.#stdin, stdout, stderr, isTerminal: false, env: world.env };
    this.#ended = main(['--data-dir', world.dataDir, 'mcp'], {
      ...io,
      onSignal: () => () => undefined,
      quit: () => undefined,
    });
  }

  async connect(): Promise<void> {
    const clientInfo = { name: 'a-test', version: '1' };
    await this.#ask('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo });
    this.#send({ method: 'notifications/initialized' });
  }

  async search(): Promise<readonly string[]> {
    const asked = { name: 'search', arguments: { query: 'part', limit: 50 } };
    const { result } = await this.#ask('tools/call', asked);
    return (result.structuredContent?.results ?? []).map(({ itemId }) => itemId).sort();
  }

  /** Resolves to the status of the command. */
  async leave(): Promise<number> {
    this.#stdin.end();
    return await this.#ended;
  }

  async #ask(method: string, params: object): Promise<Answer> {
    this.#asked += 1;
    const id = this.#asked;
    this.#send({ id, method, params });
    let answer: Answer | undefined;
    await until(() => {
      const lines = this.#said.split('\n').slice(0, -1);
      answer = lines.map((line) => JSON.parse(line) as Answer).find((each) => each.id === id);
      return answer !== undefined;
    });
    if (answer === undefined) throw new Error('there is one');
    return answer;
  }

  #send(message: object): void {
    this.#stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
}

let world: CliWorld;
beforeEach(() => {
  world = new CliWorld();
});
afterEach(() => world.remove());

it('goes on with an assistant on the restored data, and keeps no restore from its end', async () => {
  const ids = videos(6)
    .map(({ id }) => id)
    .sort();
  const before = videos(6)
    .slice(3)
    .map(({ id }) => id)
    .sort();
  const backup = path.join(world.root, 'a.tar');
  await world.run('import', 'tiktok', world.export('a.json', videos(6).slice(3)));
  expect(await world.run('backup', backup)).toMatchObject({ status: 0 });
  await world.run('import', 'tiktok', world.export('b.json', videos(6)));
  const assistant = new Assistant(world);
  await assistant.connect();
  expect(await assistant.search()).toEqual(ids);
  const open = () =>
    openApp(loadConfig({ dataDir: world.dataDir }, world.env), createTelemetry({ level: 'silent', secrets: [] }));
  const other = await open();
  await restoreInPlace(other, backup, 'a.tar');
  await other.close();
  // Nobody else opens the folder meanwhile.
  await until(() => readMarker(world.dataDir) === null);
  expect(await assistant.search()).toEqual(before);
  expect(await assistant.leave()).toBe(0);
  const later = await open();
  expect(await readRestore(world.dataDir, later.metadata)).toMatchObject({ state: 'done', from: 'a.tar' });
  await later.close();
});
