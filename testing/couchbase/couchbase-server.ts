import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server that speaks Couchbase's key-value protocol, for a test run. */
export interface CouchbaseServer {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly bucket: string;
  /** null where the server was there before */
  readonly process: ChildProcess | null;
  close(): Promise<void>;
}

const MOCK = { group: 'com.couchbase.mock', artifact: 'CouchbaseMock', version: '1.5.25' } as const;
const LOGIN = { username: 'Administrator', password: 'password' } as const;
const BUCKET = 'hoardarr';
const START_LIMIT_MS = 60_000;
const POLL_MS = 100;

/** The server that COUCHBASE_URL names, else Couchbase's own mock, started for the caller; Java and Maven bring it. */
export async function startCouchbase(): Promise<CouchbaseServer> {
  const { COUCHBASE_URL: url, COUCHBASE_USERNAME: username, COUCHBASE_PASSWORD: password } = process.env;
  const { COUCHBASE_BUCKET: bucket } = process.env;
  if (url !== undefined && url !== '')
    return {
      url,
      username: username ?? LOGIN.username,
      password: password ?? LOGIN.password,
      bucket: bucket ?? BUCKET,
      process: null,
      close: async () => undefined,
    };
  return startMock();
}

async function startMock(): Promise<CouchbaseServer> {
  const port = await freePort();
  const flags = ['-p', String(port), '-n', '1', '-R', '0', '-v', '64', '-b', `${BUCKET}:`, '--cccp'];
  const child = spawn('java', ['-Xmx2g', '-cp', findJar(), 'com.couchbase.mock.CouchbaseMock', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2_000);
  });
  let ended: string | null = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code) => {
    ended = `it ended with ${code}`;
  });
  const until = Date.now() + START_LIMIT_MS;
  for (;;) {
    const kv = await keyValuePort(port);
    if (kv !== null)
      return { ...LOGIN, url: `couchbase://127.0.0.1:${kv}`, bucket: BUCKET, process: child, close: () => stop(child) };
    if (ended !== null || Date.now() > until)
      throw new Error(`the Couchbase mock did not start (${ended ?? 'no answer'}); it needs Java: ${said}`);
    await sleep(POLL_MS);
  }
}

function findJar(): string {
  const folder = path.join(MOCK.group.replaceAll('.', '/'), MOCK.artifact, MOCK.version);
  const jar = path.join(homedir(), '.m2/repository', folder, `${MOCK.artifact}-${MOCK.version}.jar`);
  if (!existsSync(jar)) {
    const coordinates = `${MOCK.group}:${MOCK.artifact}:${MOCK.version}`;
    execFileSync('mvn', ['-q', '-B', 'dependency:get', `-Dartifact=${coordinates}`, '-Dtransitive=false'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return jar;
}

async function keyValuePort(port: number): Promise<number | null> {
  try {
    const login = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
    const answer = await fetch(`http://127.0.0.1:${port}/pools/default/buckets/${BUCKET}`, {
      headers: { authorization: `Basic ${login}` },
    });
    const { nodesExt } = (await answer.json()) as { nodesExt?: readonly { services: { kv?: number } }[] };
    return nodesExt?.[0]?.services.kv ?? null;
  } catch {
    return null;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // A mock that a test froze hears nothing else.
  child.kill('SIGKILL');
  await ended;
}
