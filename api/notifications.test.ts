import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rotateKeys } from '../app/use-cases/rotate-keys.ts';
import { FakeReceiver } from '../testing/fake-receiver/fake-receiver.ts';
import { type Answer, ApiWorld, PROBLEM } from './api-world.test-helper.ts';

const SECRET = 'planted-notify-secret';

describe('notifications over HTTP', () => {
  let world: ApiWorld;
  let receiver: FakeReceiver;
  beforeEach(async () => {
    receiver = await new FakeReceiver().listen();
    world = new ApiWorld();
    await world.start();
  });
  afterEach(async () => {
    await world.stop();
    await receiver.close();
    world.cli.remove();
  });

  const host = (): string => new URL(receiver.origin).host;
  const addresses = (): readonly string[] => [
    `http://${host()}/hooks/${SECRET}`,
    `ntfy://:${SECRET}@${host()}/topic`,
    `apprise://${host()}/${SECRET}`,
  ];
  const send = (method: string, at: string, body: object): Promise<Answer> =>
    world.ask(method, at, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const put = (urls: readonly string[]): Promise<Answer> => send('PUT', '/v1/notifications', { urls });
  const test = async (body: object = {}): Promise<object> =>
    (await send('POST', '/v1/notifications/test', body)).json<object>();

  it('reach a webhook, ntfy and Apprise, and no address is shown, stored or logged in the clear', async () => {
    const set = await put(addresses());
    const { targets } = set.json<{ targets: readonly { readonly id: string }[] }>();
    expect(set.json()).toMatchObject({
      fromEnvironment: false,
      targets: [
        { kind: 'webhook', shown: `webhook at ${host()}` },
        { kind: 'ntfy', shown: `ntfy at ${host()}` },
        { kind: 'apprise', shown: `apprise at ${host()}` },
      ],
    });
    expect(await test()).toMatchObject({ ok: true });
    const byPath = Object.fromEntries(receiver.received.map((each) => [each.path, each]));
    expect(byPath[`/hooks/${SECRET}`]?.fields).toMatchObject({ source: 'hoardarr', event: 'test', type: 'info' });
    expect(byPath['/topic']?.title).toBe('Hoardarr can reach you');
    expect(byPath['/topic']?.headers.get('authorization')).toBe(`Bearer ${SECRET}`);
    expect(byPath['/topic']?.headers.get('priority')).toBe('default');
    expect(byPath[`/notify/${SECRET}`]?.fields).toEqual({ type: 'info', format: 'text', tag: 'all' });
    // One stays by its id, one goes.
    await put([targets[1]?.id ?? '', addresses()[2] ?? '']);
    expect((await world.ask('GET', '/v1/notifications')).json()).toMatchObject({
      targets: [{ kind: 'ntfy' }, { kind: 'apprise' }],
    });
    const files = readdirSync(world.cli.dataDir, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect(readFileSync(path.join(file.parentPath, file.name)).includes(SECRET)).toBe(false);
    const shown = [set.text, (await world.ask('GET', '/v1/notifications')).text, world.logs].join('');
    expect(shown).not.toContain(SECRET);
  });

  it('say in a test what is wrong', async () => {
    expect(await test()).toEqual({ ok: false, detail: expect.stringContaining('nobody is told') });
    receiver.isDown = true;
    expect(await test({ url: addresses()[0] })).toEqual({ ok: false, detail: `webhook at ${host()}: HTTP 503` });
    receiver.isDown = false;
    receiver.before = () => (reply) => ({ ...reply, status: 401 });
    expect(await test({ url: addresses()[1] })).toMatchObject({ ok: false, detail: expect.stringContaining('token') });
    receiver.before = () => (reply) => ({ ...reply, status: 424 });
    expect(await test({ url: addresses()[2] })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('HTTP 424'),
    });
    const closed = await new FakeReceiver().listen();
    const { origin } = closed;
    await closed.close();
    expect(await test({ url: origin })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each([
    'file:///etc/passwd',
    `gopher://${SECRET}/`,
    `javascript:${SECRET}`,
    SECRET,
    `ntfys://:${SECRET}%@host/topic`,
  ])('refuse %s, and do not repeat it', async (url) => {
    for (const answer of [
      await put([addresses()[0] ?? '', url]),
      await send('POST', '/v1/notifications/test', { url }),
    ]) {
      expect(answer.json()).toMatchObject({ ...PROBLEM, status: 400 });
      expect(answer.text).not.toContain(url);
      expect(answer.text).not.toContain(SECRET);
    }
    expect((await world.ask('GET', '/v1/notifications')).json()).toMatchObject({ targets: [] });
    expect(receiver.requests).toEqual([]);
  });

  it('are readable after the key was changed', async () => {
    await put(addresses());
    expect(world.app).toBeDefined();
    if (world.app !== undefined) expect(await rotateKeys(world.app)).toMatchObject({ rotated: 3 });
    await world.stop();
    await world.start();
    expect(await test()).toMatchObject({ ok: true });
    expect((await world.cli.run('notify')).json()).toMatchObject({ targets: [{}, {}, {}] });
    expect((await world.cli.run('notify', 'test')).status).toBe(0);
    receiver.isDown = true;
    expect((await world.cli.run('notify', 'test')).status).toBe(1);
  });

  it('are as the environment says, where it does', async () => {
    await put(addresses());
    await world.stop();
    world.cli.env['HOARDARR_NOTIFY_URL'] = `http://${host()}/from-environment-${SECRET}`;
    world.cli.env['HOARDARR_PUBLIC_URL'] = 'http://localhost:8080';
    await world.start();
    const { text, ...answer } = await world.ask('GET', '/v1/notifications');
    expect(answer.json()).toMatchObject({ fromEnvironment: true, targets: [{ kind: 'webhook' }] });
    expect(text).not.toContain(SECRET);
    expect((await put([])).json()).toMatchObject({
      ...PROBLEM,
      status: 400,
      detail: expect.stringContaining('HOARDARR_NOTIFY_URL'),
    });
    expect(await test()).toMatchObject({ ok: true });
    expect(receiver.received.map((each) => each.path)).toEqual([`/from-environment-${SECRET}`]);
    expect(receiver.received[0]?.fields['url']).toBe('http://localhost:8080/');
  });
});
