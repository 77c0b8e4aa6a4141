import { setTimeout as sleep } from 'node:timers/promises';
import { inventedId } from '../../testing/topology/invented-export.ts';
import type { Ran } from '../e2e/data-folder.test-support.ts';
import type { Deployment } from './deployment.test-support.ts';
import { Underway } from './underway.test-support.ts';
import { GITHUB_TOKEN, REDDIT_TOKEN, type World } from './world.test-support.ts';

const LOOK_MS = 50;
/** Whatever is disturbed is mended long before. */
const PATIENCE_MS = 240_000;

interface UploadJson {
  readonly id: string;
  readonly status: string;
  readonly error?: string | null;
}

/** What a person does with the program, day by day. Whatever fails is done again, as a person would. */
export class Story {
  readonly #world: World;
  readonly #on: Deployment;
  readonly #log: (line: string) => void;
  readonly #underway: Underway;

  /**
   * @param log hears what had to be done again, and why
   * @param underway knows what the person waits for
   */
  constructor(world: World, on: Deployment, log: (line: string) => void, underway = new Underway()) {
    this.#world = world;
    this.#on = on;
    this.#log = log;
    this.#underway = underway;
  }

  /** The accounts are connected, on the first morning. */
  async begin(): Promise<void> {
    this.#world.become(0);
    await this.#command('connect', ['connect', 'github', '--token-stdin'], GITHUB_TOKEN);
    await this.#command('connect', ['connect', 'reddit', '--token-stdin'], REDDIT_TOKEN);
  }

  /** One day from morning to night: exports are brought, both lists are synced, a person decides something. */
  async day(day: number): Promise<void> {
    if (day > 0) this.#world.become(day);
    const uploads = this.#world
      .exports(day)
      .map(({ user, fileName, content, asOf }) =>
        this.#until(`the export of ${user}`, () => this.#upload(user, fileName, content, asOf)),
      );
    const full = day % 2 === 1 ? ['--full'] : [];
    const syncs = ['github', 'reddit'].map((provider) => this.#sync(provider, full));
    await Promise.all([...uploads, ...syncs]);
    const decision = DECISIONS[day];
    if (decision !== undefined) await this.#command('decide', decision);
  }

  async #sync(provider: string, full: readonly string[]): Promise<void> {
    await this.#until(`a sync of ${provider}`, async () => {
      const report = succeeded(await this.#on.desk.run('sync', provider, ...full)) as { readonly error: string | null };
      if (report.error !== null) throw new Error(report.error);
    });
  }

  async #command(what: string, words: readonly string[], stdin = ''): Promise<void> {
    await this.#until(`${what} (${words.join(' ')})`, async () => {
      succeeded(await this.#on.desk.runWith({ stdin }, ...words));
    });
  }

  /** Brings an export to the API, and waits until it is taken in. */
  async #upload(user: string, fileName: string, content: string, asOf: string): Promise<void> {
    const query = new URLSearchParams({ filename: fileName, asOf });
    const posted = await fetch(`${this.#on.url}/v1/users/${user}/tiktok/uploads?${query.toString()}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: content,
    });
    if (posted.status !== 202) throw new Error(`status ${posted.status}: ${await posted.text()}`);
    const { id } = (await posted.json()) as UploadJson;
    await this.#until(`upload ${id}`, () => this.#taken(id));
  }

  async #taken(id: string): Promise<void> {
    for (;;) {
      const response = await fetch(`${this.#on.url}/v1/uploads/${id}`);
      const upload = (await response.json()) as UploadJson;
      if (!response.ok) throw new Error(`status ${response.status}`);
      if (upload.status === 'done') return;
      if (upload.status === 'failed')
        throw new UploadFailedError(`upload ${id} failed: ${upload.error ?? 'nobody knows why'}`);
      await sleep(LOOK_MS);
    }
  }

  #until(what: string, attempt: () => Promise<void>): Promise<void> {
    return this.#underway.run(what, () => this.#again(what, attempt));
  }

  async #again(what: string, attempt: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let told = ''; ; ) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof UploadFailedError) throw error;
        const message = error instanceof Error ? error.message : String(error);
        if (performance.now() > deadline) throw new Error(`${what}: ${message}`, { cause: error });
        if (message !== told) this.#log(`${what} is tried again: ${message}`);
        told = message;
        await sleep(LOOK_MS);
      }
    }
  }
}

/** The import itself was refused: trying again would hide it. */
class UploadFailedError extends Error {}

function succeeded({ status, stdout, stderr }: Ran): unknown {
  if (status !== 0) throw new Error(`status ${status}: ${stdout}${stderr}`.slice(0, 2_000));
  return JSON.parse(stdout) as unknown;
}

const BEN = ['--user', 'ben'];
/** Of items that the exports of ben lack on odd days, or hold always. */
const DECISIONS: Readonly<Record<number, readonly string[]>> = {
  1: ['restore', 'tiktok', inventedId(4), ...BEN],
  2: ['purge', 'tiktok', inventedId(6), inventedId(15), ...BEN],
  4: ['unpin', 'tiktok', inventedId(4), ...BEN],
  5: ['pin', 'tiktok', inventedId(22), ...BEN],
};
