import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { CliWorld, videos } from '../../cli/run-cli.test-helper.ts';

// The program is built first, where it is out of date.
jest.setTimeout(240_000);

const PROGRAM = path.join(__dirname, '../../bin/hoardarr.mjs');

describe('an assistant that starts the program', () => {
  const world = new CliWorld();
  const words = [PROGRAM, 'mcp', '--data-dir', world.dataDir];
  // A log of everything, so that a line of it on stdout would be seen.
  const env = { ...world.env, LOG_LEVEL: 'trace', PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const [first] = videos(6).map(({ id }) => id);
  beforeAll(async () => {
    expect(await world.run('import', 'tiktok', world.export('mine.json', videos(6)))).toMatchObject({ status: 0 });
    const theirs = world.export('theirs.json', videos(6, 100));
    expect(await world.run('import', 'tiktok', theirs, '--user', 'other')).toMatchObject({ status: 0 });
  });
  afterAll(() => world.remove());

  it('finds what its user saved, and cannot change it', async () => {
    const client = new Client({ name: 'a-test', version: '1' });
    await client.connect(new StdioClientTransport({ command: process.execPath, args: words, env, stderr: 'ignore' }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      'search',
      'similar',
      'get',
      'explain_removal',
    ]);
    const found = await client.callTool({ name: 'search', arguments: { query: 'knife', limit: 20 } });
    const { results } = found.structuredContent as { results: { user: string; itemId: string }[] };
    expect(results.map(({ itemId }) => itemId)).toContain(first);
    expect(new Set(results.map(({ user }) => user))).toEqual(new Set(['me']));
    const theirs = await client.callTool({ name: 'search', arguments: { query: 'knife', user: 'other' } });
    expect(theirs).toMatchObject({
      isError: true,
      content: [{ text: "only the items of 'me' are served here" }],
    });
    await client.close();
  });

  it('reads nothing but the protocol from stdout, and ends the program with stdin', async () => {
    const child = spawn(process.execPath, words, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
    const answered = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        if (stdout.includes('"id":2')) resolve();
      });
    });
    const clientInfo = { name: 'a-test', version: '1' };
    for (const message of [
      { id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo } },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/call', params: { name: 'search', arguments: { query: 'sourdough' } } },
    ])
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    await answered;
    child.stdin.end();
    const [status] = (await once(child, 'close')) as [number];
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('"level":"error"')]);
    const messages = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly jsonrpc: string; readonly id: number });
    expect(messages.map(({ jsonrpc, id }) => [jsonrpc, id])).toEqual([
      ['2.0', 1],
      ['2.0', 2],
    ]);
  });
});
