import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectRoot } from '../architecture/source-files.ts';

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const dockerfile = read('Dockerfile');
const stages = dockerfile.split(/^FROM /m).slice(1);
const last = stages.at(-1) ?? '';
const ignored = read('.dockerignore').split('\n');

describe('the image', () => {
  it('ends in a stage without a toolchain, that installs and builds nothing', () => {
    expect(stages).toHaveLength(2);
    expect(last).toMatch(/^node:\$\{NODE_VERSION\}-bookworm-slim\n/);
    expect(last).not.toMatch(/\b(apt-get|npm|gcc|python)\b/);
  });

  it('brings nothing by which a start would install or build', () => {
    const copied = [...last.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
    expect(copied.length).toBeGreaterThan(0);
    expect(copied.filter((file) => /lock\.json|tsconfig/.test(file))).toEqual([]);
    expect(copied.filter((file) => !existsSync(path.join(projectRoot, file)))).toEqual([]);
  });

  it('brings every script that a start imports', () => {
    const scripts = new Set<string>();
    const follow = (file: string): void => {
      for (const [, name = ''] of read(file).matchAll(/^import .* from '(\.[^']+)'/gm)) {
        const imported = path.join(path.dirname(file), name);
        if (scripts.has(imported)) continue;
        scripts.add(imported);
        follow(imported);
      }
    };
    follow('bin/hoardarr.mjs');
    expect(scripts.size).toBeGreaterThan(1);
    expect([...scripts].filter((script) => !last.includes(` ${script}`))).toEqual([]);
  });

  it('runs as another user than root, keeps its data in a volume, and gets signals itself', () => {
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^VOLUME \/data$/m);
    expect(last).toMatch(/^HEALTHCHECK .*CMD \["node", "\/app\/deploy\/docker\/healthcheck\.mjs"\]$/m);
    expect(last).toMatch(/^ENTRYPOINT \["node", "\/app\/bin\/hoardarr\.mjs"\]$/m);
  });

  it('is built from every folder of the program, and from nothing that is kept apart', () => {
    const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const { include } = JSON.parse(read('tsconfig.json')) as { readonly include: readonly string[] };
    const ofProgram = include.filter((folder) => !['testing', 'bench', 'tests'].includes(folder));
    expect(ofProgram.filter((folder) => !allowed.includes(folder))).toEqual([]);
    expect(ignored).toContain('*');
    const present = readdirSync(projectRoot);
    expect(allowed.filter((name) => !present.includes(name.split('/')[0] ?? ''))).toEqual([]);
    expect(allowed.filter((name) => /^(\.git|\.env|data|node_modules|dist)$/.test(name))).toEqual([]);
  });
});

describe('the health check of the image', () => {
  let server: Server;
  let status = 200;
  let asked: string | undefined;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked = request.url;
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  const port = (): string => String((server.address() as AddressInfo).port);
  const check = async (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<number> =>
    await promisify(execFile)(process.execPath, [path.join(projectRoot, 'deploy/docker/healthcheck.mjs'), ...args], {
      env,
    }).then(
      () => 0,
      ({ code }: { readonly code: number }) => code,
    );

  it('asks the port of the API, or of the metrics, under the base path', async () => {
    status = 200;
    expect(await check({ HOARDARR_PORT: port(), HOARDARR_HOST: '0.0.0.0', HOARDARR_BASE_PATH: '/h/' })).toBe(0);
    expect(asked).toBe('/h/healthz');
    expect(await check({ HOARDARR_PORT: '1', HOARDARR_METRICS_PORT: port(), HOARDARR_HOST: '' })).toBe(0);
    expect(asked).toBe('/healthz');
    expect(await check({ HOARDARR_PORT: port() }, '/readyz')).toBe(0);
    expect(asked).toBe('/readyz');
  });

  it('fails where nobody answers, or not well', async () => {
    expect(await check({ HOARDARR_PORT: '1', HOARDARR_METRICS_PORT: '' })).toBe(1);
    status = 503;
    expect(await check({ HOARDARR_PORT: port() })).toBe(1);
  });
});
