import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CliWorld } from './run-cli.test-helper.ts';

const TOKEN = 'planted-metrics-token-0123456789';

describe('health and metrics of a process without the API', () => {
  let world: CliWorld;
  beforeEach(() => {
    world = new CliWorld({ HOARDARR_METRICS_PORT: '0' });
  });
  afterEach(() => world.remove());

  /** Runs `start --roles` while `work` asks. Resolves to the exit status. */
  async function whileRunning(roles: string, work: (ready: Ready) => Promise<void>): Promise<number> {
    let said: (ready: Ready) => void = () => undefined;
    const ready = new Promise<Ready>((resolve) => (said = resolve));
    const onText = (text: string): void => (text.includes('\n') ? said(JSON.parse(text) as Ready) : undefined);
    const running = world.runWith({ json: true, onText }, 'start', '--roles', roles);
    try {
      await work(await Promise.race([ready, running.then(({ stdout }) => Promise.reject(new Error(stdout)))]));
    } finally {
      world.signal('SIGTERM');
    }
    return (await running).status;
  }

  interface Ready {
    readonly url: string | null;
    readonly metricsUrl: string | null;
  }

  it('are served, and nothing else of the API', async () => {
    const status = await whileRunning('embed,sink', async ({ url, metricsUrl }) => {
      expect(url).toBeNull();
      for (const path of ['/healthz', '/readyz'])
        expect(await (await fetch(`${metricsUrl}${path}`)).json()).toEqual({ status: 'ok' });
      const metrics = await fetch(`${metricsUrl}/metrics`);
      expect(metrics.headers.get('content-type')).toContain('text/plain');
      // What the log and the store hold is told once, by the API.
      expect(await metrics.text()).not.toContain('hoardarr_consumer_lag_records');
      const items = await fetch(`${metricsUrl}/v1/items`);
      expect(items.status).toBe(404);
      expect(await items.text()).toContain('the role `api` the rest');
    });
    expect(status).toBe(0);
  });

  it('need the token on any other address than loopback', async () => {
    Object.assign(world.env, { HOARDARR_HOST: '0.0.0.0' });
    const refused = await world.run('start', '--roles', 'sink');
    expect(refused).toMatchObject({ status: 2, stdout: expect.stringContaining('set HOARDARR_API_TOKEN') });
    Object.assign(world.env, { HOARDARR_API_TOKEN: TOKEN });
    const status = await whileRunning('sink', async ({ metricsUrl }) => {
      const at = `${metricsUrl}`.replace('0.0.0.0', '127.0.0.1');
      expect((await fetch(`${at}/healthz`)).status).toBe(200);
      expect((await fetch(`${at}/metrics`)).status).toBe(401);
      const headers = { authorization: `Bearer ${TOKEN}` };
      expect((await fetch(`${at}/metrics`, { headers })).status).toBe(200);
    });
    expect(status).toBe(0);
  });

  it('are with the API where that runs', async () => {
    Object.assign(world.env, { HOARDARR_PORT: '0' });
    const status = await whileRunning('api,sink', async ({ url, metricsUrl }) => {
      expect(metricsUrl).toBeNull();
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('hoardarr_consumer_lag_records');
    });
    expect(status).toBe(0);
  });
});
