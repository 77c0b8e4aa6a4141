import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import type { FakeLogin } from '../../testing/fake-github/world.ts';
import type { FakeRequest } from '../../testing/fake-service/fake-service.ts';
import { DataFolder, OFFLINE } from './data-folder.test-support.ts';
import { Program } from './program.test-support.ts';

const TOKEN = 'github_pat_invented';
const LIMIT_MS = 240_000;
const PAGES = 3;

interface SyncJson {
  readonly removed: number;
  readonly new: number;
  readonly converged: boolean | null;
  readonly error: string | null;
}

/** A page of the list that a process asked for. */
interface Asked {
  readonly process: string;
  readonly page: number;
}

const pagesOf = (asked: readonly Asked[]): string => asked.map(({ page }) => page).join('');

describe('two processes with a producer on one data folder', () => {
  let github: FakeGitHub;
  let me: FakeLogin;
  let folder: DataFolder;
  let processes: Readonly<Record<string, Program>> = {};
  let asked: Asked[];
  let onPage: (page: Asked) => void;
  beforeEach(async () => {
    github = new FakeGitHub();
    me = github.world.login(7, 'me-myself', TOKEN);
    for (let id = 1; id <= 250; id++) github.world.star(me, id);
    asked = [];
    onPage = () => undefined;
    github.before = (request) => note(request);
    await github.listen();
    folder = new DataFolder({ ...OFFLINE, GITHUB_API_URL: github.origin, HOARDARR_SYNC_INTERVAL_SECONDS: '31536000' });
  });
  afterEach(async () => {
    await Promise.all(Object.values(processes).map((each) => each.kill()));
    await github.close();
    folder.remove();
  });

  /** Each process asks under a path of its own, by which it is told from the other. */
  const note = ({ url }: FakeRequest): undefined => {
    const [, name = '', rest] = /^\/(first|second)(\/.*)$/.exec(url.pathname) ?? [];
    if (rest !== undefined) url.pathname = rest;
    if (url.pathname !== '/user/starred') return;
    // Pages behind the first come from links, which do not have that path.
    const page = Number(url.searchParams.get('page') ?? 1);
    const seen = { process: name === '' ? (asked.at(-1)?.process ?? '') : name, page };
    asked.push(seen);
    onPage(seen);
  };
  const start = (roles: string, name: string): Program =>
    new Program(folder, ['start', '--roles', roles], { GITHUB_API_URL: `${github.origin}/${name}` });
  const startBoth = async (): Promise<void> => {
    const connecting = new Program(folder, ['connect', 'github', '--token-stdin'], {}, TOKEN);
    expect(await connecting.ended()).toBe(0);
    processes = {
      first: start('producer', 'first'),
      second: start('producer', 'second'),
      others: start('embed,sink', 'others'),
    };
    await Promise.all(Object.values(processes).map((each) => each.said(/\{"?.*\}/)));
  };
  const sync = (): Promise<SyncJson> => folder.json<SyncJson>('sync', 'github', '--full');
  const stars = (): readonly string[] => me.stars.map(({ repositoryId }) => String(repositoryId)).sort();

  it(
    'never syncs one account twice at the same time',
    async () => {
      await startBoth();
      await sync();
      for (let round = 0; round < 4; round++) {
        github.world.unstar(me, Number(stars()[0]));
        const reports = await Promise.all([0, 1, 2].map(sync));
        expect(reports.map(({ error }) => error)).toEqual([null, null, null]);
      }
      // Every walk is over before the next one begins: pages never mix.
      expect(asked.length).toBeGreaterThanOrEqual(13 * (PAGES + 1));
      expect(pagesOf(asked)).toMatch(/^(1231)+$/);
      expect(github.mostAtOnce).toBe(1);
      expect(await folder.ids()).toEqual(stars());
      expect(await folder.ids('trash')).toHaveLength(4);
    },
    LIMIT_MS,
  );

  it(
    'hands the account over when one stands still in the middle of a walk, and takes nothing of it when it wakes',
    async () => {
      await startBoth();
      await sync();
      const stopped = new Promise<string>((resolve) => {
        onPage = ({ process, page }) => {
          if (page !== 2) return;
          onPage = () => undefined;
          processes[process]?.child.kill('SIGSTOP');
          resolve(process);
        };
      });
      const interrupted = sync();
      const name = await stopped;
      github.world.unstar(me, 1, 2);
      github.world.star(me, 900);
      const from = asked.length;
      while (!asked.slice(from).some(({ process, page }) => process !== name && page === PAGES)) await sleep(100);
      // Whoever waits hears of the one that took over.
      expect(await interrupted).toMatchObject({ error: null, converged: true });
      const woken = asked.length;
      processes[name]?.child.kill('SIGCONT');
      expect(await sync()).toMatchObject({ error: null, converged: true });
      expect(await folder.ids()).toEqual(stars());
      expect(await folder.ids('trash')).toEqual(['1', '2']);
      // Whoever woke up walks no further: its pages would be a walk that is not begun with page 1. Two walks may be cut short, the
      // one that the woken process begins anew before it learns that the partition has another owner, and the one of that
      // owner, if the partition goes back to the process that woke up.
      expect(pagesOf(asked.slice(woken))).toMatch(/^(?:12?3?){0,2}?(?:1231)+$/);
      expect(github.mostAtOnce).toBe(1);
      expect(await folder.json('rebuild')).toMatchObject({ match: true, embeddingCalls: 0 });
    },
    LIMIT_MS,
  );
});
