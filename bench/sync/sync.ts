import path from 'node:path';
import { FakeGitHub } from '../../testing/fake-github/fake-github.ts';
import { FakeReddit } from '../../testing/fake-reddit/fake-reddit.ts';
import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { atMost, holds } from '../goals.ts';
import { median, round } from '../measure.ts';
import { runPart } from '../part.ts';
import type { SyncResult } from './run-sync.ts';

const GITHUB_TOKEN = 'github_pat_invented';
const REDDIT_TOKEN = 'invented-refresh-token';
const PAGE_ITEMS = 100;
const REDDIT_ITEMS = 800;
const MAX_REDDIT_REQUESTS = 9;

/** A first full sync of stars at the fake GitHub, and what later syncs cost; the floor fetches the same pages. */
export const sync: Bench = { items: 5_000, rounds: 3, run };

interface Stars {
  readonly result: SyncResult;
  readonly peakMemoryMb: number;
  readonly mostAtOnce: number;
  readonly floorMs: number;
  readonly floorRows: number;
}

async function run({ items, rounds, folder }: BenchOptions): Promise<Measured> {
  const stars: Stars[] = [];
  for (let turn = 0; turn < rounds; turn++) stars.push(await syncStars(items, path.join(folder, `github-${turn}`)));
  const reddit = await syncSaved(Math.min(items, REDDIT_ITEMS), path.join(folder, 'reddit'));
  return report(items, stars, reddit);
}

async function syncStars(items: number, dataDir: string): Promise<Stars> {
  const github = await new FakeGitHub().listen();
  const me = github.world.login(7, 'me-myself', GITHUB_TOKEN);
  me.stars = Array.from({ length: items }, (_, index) => ({
    repositoryId: github.world.repository(index + 1).id,
    starredAt: `${new Date(Date.UTC(2025, 0, 1) + index * 1000).toISOString().slice(0, 19)}Z`,
  }));
  try {
    const env = { GITHUB_API_URL: github.origin };
    const { result, peakMemoryMb } = await runPart('sync run', {
      dataDir,
      provider: 'github',
      token: GITHUB_TOKEN,
      env,
    });
    const { mostAtOnce } = github;
    const url = `${github.origin}/user/starred?per_page=${PAGE_ITEMS}`;
    const floor = await runPart('sync floor', { url, token: GITHUB_TOKEN });
    return { result, peakMemoryMb, mostAtOnce, floorMs: floor.result.ms, floorRows: floor.result.rows };
  } finally {
    await github.close();
  }
}

async function syncSaved(items: number, dataDir: string): Promise<SyncResult> {
  const reddit = await new FakeReddit().listen();
  const me = reddit.world.redditor('2abc', 'me_myself', REDDIT_TOKEN);
  for (let n = 0; n < items; n++) reddit.world.save(me, reddit.world.thing(n).name);
  try {
    const env = {
      REDDIT_API_URL: reddit.origin,
      REDDIT_AUTH_URL: reddit.origin,
      REDDIT_CLIENT_ID: reddit.clientId,
      REDDIT_CLIENT_SECRET: reddit.clientSecret,
    };
    return (await runPart('sync run', { dataDir, provider: 'reddit', token: REDDIT_TOKEN, env })).result;
  } finally {
    await reddit.close();
  }
}

function report(items: number, stars: readonly Stars[], reddit: SyncResult): Measured {
  const ms = (pick: (each: Stars) => number): number => round(median(stars.map(pick)), 0);
  const most = (pick: (each: Stars) => number): number => Math.max(...stars.map(pick));
  const ours = ms(({ result }) => result.first.ms);
  const bare = ms(({ floorMs }) => floorMs);
  const fewest = Math.ceil(items / PAGE_ITEMS) + 1;
  const isWhole = stars.every(
    ({ result: { first, full }, floorRows }) =>
      first.report.new === items && full.report.converged === true && full.report.removed === 0 && floorRows === items,
  );
  return {
    figures: {
      items,
      firstMs: ours,
      fullAgainMs: ms(({ result }) => result.full.ms),
      deltaMs: ms(({ result }) => result.delta.ms),
      requests: most(({ result }) => result.first.report.requests),
      peakMemoryMb: most(({ peakMemoryMb }) => peakMemoryMb),
      reddit: {
        items: reddit.first.report.new,
        firstMs: round(reddit.first.ms, 0),
        requests: reddit.full.report.requests,
        deltaRequests: reddit.delta.report.requests,
      },
    },
    floor: { ms: bare, requests: fewest },
    ratio: round(ours / bare),
    goals: [
      atMost(
        'requests of the first full sync of GitHub',
        most(({ result }) => result.first.report.requests),
        fewest,
      ),
      atMost(
        'requests to GitHub at a time',
        most(({ mostAtOnce }) => mostAtOnce),
        1,
      ),
      atMost(
        'requests of a delta with nothing new',
        most(({ result }) => result.delta.report.requests),
        1,
      ),
      atMost('requests of a full sync of Reddit', reddit.full.report.requests, MAX_REDDIT_REQUESTS),
      holds('everything was taken in, nothing removed, and both sides agree', isWhole),
    ],
  };
}
