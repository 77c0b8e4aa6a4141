import { type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ReverseProxy } from '../../testing/reverse-proxy.ts';
import { inventedExport, inventedRows } from '../../testing/topology/invented-export.ts';
import { beginImport, button, uploadCard } from './actions.test-support.ts';
import { seriousFaults } from './console-world.test-support.ts';
import { describeConsole, LIMIT_MS, SIZES } from './describe-console.test-support.ts';

/** What the console keeps of an upload, as far as it is of use here. */
interface Kept {
  readonly id: string;
  readonly user: string;
}

/** The beginning of an upload that a page has begun; resolves when the server is receiving it. */
async function sendHalf(port: number, { id, user }: Kept): Promise<ClientRequest> {
  const known = `http://127.0.0.1:${port}/v1/uploads/${id}`;
  while ((await fetch(known)).status !== 404) await sleep(20);
  const half = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: `/v1/users/${user}/tiktok/uploads?id=${id}`,
    headers: { 'content-type': 'application/octet-stream', 'x-requested-with': 'hoardarr' },
  });
  half.on('error', () => undefined).write('{');
  while ((await fetch(known)).status !== 200) await sleep(20);
  return half;
}

/** Files on their way to the server, where the connection does not hold. */
describeConsole('uploads over connections that break, in a browser', (world) => {
  let proxy: ReverseProxy;
  beforeEach(async () => {
    proxy = await new ReverseProxy().listen();
  });
  afterEach(() => proxy.close());

  it.each(SIZES)(
    'are sent again by themselves, imported once, and asked for after a reload, on %s',
    async (_, options) => {
      await world().start();
      const target = { port: world().port };
      proxy.target = target;
      const page = await world().page(options);
      const refusal = async (): Promise<void> => {
        const before = proxy.refused;
        while (proxy.refused === before) await sleep(20);
      };
      page.on('dialog', (dialog) => void dialog.accept());
      world().url = proxy.origin;
      const rows = inventedRows(300);
      const day = (n: number): number => Date.UTC(2025, 5, n);

      // Cut off in the middle, then nobody is there at all while the server is started again.
      proxy.cutsFrom = 1_000;
      const first = await beginImport(world(), page, inventedExport(rows.slice(0, 60), day(3)), 'first.json');
      await first.getByText('The connection is gone; trying again…').waitFor();
      expect(await seriousFaults(page)).toEqual([]);
      proxy.target = null;
      await world().stop();
      await world().start();
      await refusal();
      await first.getByText('The connection is gone; trying again…').waitFor();
      expect(await first.getByText('Failed', { exact: true }).count()).toBe(0);
      proxy.cutsFrom = Number.POSITIVE_INFINITY;
      proxy.target = target;
      await first.getByText('60 new').waitFor();

      // It arrived, and nobody said so: what is sent again would change nothing, and would say that.
      proxy.losesAnswer = ({ method }) => method === 'POST';
      const second = await beginImport(world(), page, inventedExport(rows.slice(0, 150), day(4)), 'second.json');
      await second.getByText('90 new').waitFor();
      const third = await beginImport(world(), page, inventedExport(rows, day(5)), 'third.json');
      const lost = proxy.cut;
      while (proxy.cut === lost) await page.waitForTimeout(20);
      await page.reload();
      await third.getByText('150 new').waitFor();
      proxy.losesAnswer = () => false;

      // The file is gone with the page.
      proxy.cutsFrom = 1_000;
      const fourth = await beginImport(world(), page, inventedExport(rows, day(6)), 'fourth.json');
      await fourth.getByText('The connection is gone; trying again…').waitFor();
      // Nor is it known yet at the server that the connection broke: half of the file is still on its way, and nothing else.
      proxy.target = null;
      await refusal();
      const [kept] = await page.evaluate<readonly Kept[]>("JSON.parse(localStorage.getItem('hoardarr.uploads'))");
      await page.goto('about:blank');
      const half = await sendHalf(world().port, kept!);
      proxy.target = target;
      await page.goto(`${world().url}/uploads`);
      await fourth.getByText('Waits for the import before it').waitFor();
      half.destroy();
      await fourth.getByText('The page was closed before the whole file was sent: choose it again.').waitFor();
      expect(await button(fourth, 'Try again').count()).toBe(0);
      expect(await seriousFaults(page)).toEqual([]);
      await uploadCard(page, 'third.json').getByText('Done', { exact: true }).waitFor();
    },
    LIMIT_MS,
  );
});
