import { describe, expect, it } from '@jest/globals';
import { InputError } from '../../core/errors.ts';
import { loadConfig } from '../config.ts';
import { deadLettersNotice, heldNotice, reauthNotice } from './notice.ts';
import { type NoticeRequest, parseReceiver, refusalOf, requestFor } from './receiver.ts';

describe('the address of a receiver', () => {
  it.each([
    ['https://hooks.example.org/in?key=1', 'webhook', 'https://hooks.example.org/in?key=1', null],
    ['http://127.0.0.1:9000', 'webhook', 'http://127.0.0.1:9000/', null],
    ['http://user:pa%40ss@host/x', 'webhook', 'http://host/x', `Basic ${btoa('user:pa@ss')}`],
    ['https://ntfy.sh/my-topic', 'ntfy', 'https://ntfy.sh/my-topic', null],
    ['https://ntfy.example.org/my-topic/', 'ntfy', 'https://ntfy.example.org/my-topic', null],
    ['https://ntfy.sh/my-topic/json', 'webhook', 'https://ntfy.sh/my-topic/json', null],
    ['ntfy://127.0.0.1:2586/topic', 'ntfy', 'http://127.0.0.1:2586/topic', null],
    ['ntfys://:tk_secret@host/topic', 'ntfy', 'https://host/topic', 'Bearer tk_secret'],
    ['apprise://localhost:8000/my-key', 'apprise', 'http://localhost:8000/notify/my-key', null],
    ['apprises://host/below/notify/key', 'apprise', 'https://host/below/notify/key', null],
    ['https://apprise.example.org/notify/my-key', 'apprise', 'https://apprise.example.org/notify/my-key', null],
    ['apprise://host/key?tag=family', 'apprise', 'http://host/notify/key?tag=family', null],
    ['apprise://u:p@host/below/key', 'apprise', 'http://host/below/notify/key', `Basic ${btoa('u:p')}`],
  ] as const)('%s', (text, kind, url, authorization) => {
    expect(parseReceiver(text)).toEqual({ kind, url, authorization });
  });

  it.each([
    'discord://webhook/token',
    'ntfy://topic-alone',
    'ntfys://host/two/topics',
    'apprise://host',
    'apprise://host/a%20b',
    'file:///etc/passwd',
    'hooks.example.org',
    'https:///',
  ])('refuses %s, and does not repeat it', (text) => {
    const load = (): unknown => loadConfig({}, { HOARDARR_NOTIFY_URL: text });
    expect(load).toThrow(/HOARDARR_NOTIFY_URL must be/);
    expect(load).not.toThrow(text);
  });

  it.each([
    'https://user:planted%@host/x',
    'ntfys://:planted%zz@host/t',
    'apprise://planted%:p@host/key',
    'http://u:planted%ff@host',
  ])('refuses %s, whose % cannot be read, and says how it is written', (text) => {
    const load = (): unknown => loadConfig({}, { HOARDARR_NOTIFY_URL: text });
    expect(load).toThrow(InputError);
    expect(load).toThrow(/HOARDARR_NOTIFY_URL must have % in user or password written as %25/);
    expect(load).not.toThrow(/planted/);
  });

  it('may be one of several, and a comma in one stays', () => {
    const text = 'https://host/in?a=1,2, ntfy://host/topic,apprise://host/key\n http://host/other ';
    const { notify, secrets } = loadConfig({}, { HOARDARR_NOTIFY_URL: text });
    expect(notify.map(({ url }) => url)).toEqual([
      'https://host/in?a=1,2',
      'http://host/topic',
      'http://host/notify/key',
      'http://host/other',
    ]);
    expect(secrets).toContain('ntfy://host/topic');
    expect(() => loadConfig({}, { HOARDARR_NOTIFY_URL: 'https://host/in, gotify://host/x' })).toThrow(
      /must begin with/,
    );
  });

  it('is a secret, in every form in which it is used', () => {
    const { secrets } = loadConfig({}, { HOARDARR_NOTIFY_URL: 'ntfys://:tk_secret@host/topic' });
    expect(secrets).toEqual(['ntfys://:tk_secret@host/topic', 'https://host/topic', 'Bearer tk_secret']);
  });
});

describe('a notice on its way', () => {
  const notice = reauthNotice({ provider: 'github', user: 'me', connectedAt: 5 });
  const at = Date.UTC(2026, 0, 1);

  it('is JSON for a webhook, with what programs need', () => {
    const { url, headers, body } = requestFor(parseReceiver('https://host/in'), notice, at);
    expect({ url, type: headers['content-type'] }).toEqual({ url: 'https://host/in', type: 'application/json' });
    expect(JSON.parse(body)).toMatchObject({
      source: 'hoardarr',
      event: 'needs-reauth',
      id: 'needs-reauth github/me 5',
      at: '2026-01-01T00:00:00.000Z',
      type: 'warning',
      provider: 'github',
      user: 'me',
    });
  });

  it('is a text with headers for ntfy, which takes ASCII there', () => {
    const { headers, body } = requestFor(parseReceiver('ntfys://:tk@host/topic'), notice, at);
    expect(headers).toMatchObject({ title: 'github/me has to be connected again', authorization: 'Bearer tk' });
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
    expect(body).toContain('hoardarr connect github --user me');
  });

  it('is title, body and type for Apprise', () => {
    const { body } = requestFor(parseReceiver('apprise://host/key'), notice, at);
    // Without a tag, the API tells only services that have none.
    expect(JSON.parse(body)).toEqual({
      title: notice.title,
      body: notice.body,
      type: 'warning',
      format: 'text',
      tag: 'all',
    });
    const tagged = requestFor(parseReceiver('apprise://host/key?tag=family'), notice, at);
    expect(tagged.url).toBe('http://host/notify/key?tag=family');
    expect(JSON.parse(tagged.body)).not.toHaveProperty('tag');
  });

  it('has at ntfy what the address says, and a copy takes the place of the first', () => {
    const receiver = parseReceiver(
      'ntfys://host/topic?priority=max&tags=skull,book&click=https://hoardarr.example.org/',
    );
    const first = requestFor(receiver, notice, at);
    expect(first.url).toBe('https://host/topic');
    expect(first.headers).toMatchObject({
      priority: 'max',
      tags: 'skull,book',
      click: 'https://hoardarr.example.org/',
      'x-sequence-id': expect.stringMatching(/^[0-9a-f]{24}$/),
    });
    expect(requestFor(receiver, notice, at + 5).headers).toEqual(first.headers);
    const other = reauthNotice({ provider: 'github', user: 'me', connectedAt: 6 });
    expect(requestFor(receiver, other, at).headers['x-sequence-id']).not.toBe(first.headers['x-sequence-id']);
  });

  it('leads to the page of the console, where it is known how browsers reach that', () => {
    const page = 'https://hoardarr.example.org/below/accounts';
    const body = `${notice.body}\nIn the console: ${page}`;
    const sentTo = (address: string): NoticeRequest =>
      requestFor(parseReceiver(address), notice, at, 'https://hoardarr.example.org/below');
    expect(JSON.parse(sentTo('https://host/in').body)).toMatchObject({ url: page, body });
    expect(JSON.parse(sentTo('apprise://host/key').body)).toMatchObject({ body });
    expect(sentTo('ntfys://host/topic')).toMatchObject({ body, headers: { click: page } });
    expect(sentTo('ntfys://host/topic?click=https://other.example.org').headers['click']).toBe(
      'https://other.example.org',
    );
    expect(JSON.parse(requestFor(parseReceiver('https://host/in'), notice, at).body)).not.toHaveProperty('url');
  });

  it('was taken where the reply says so; 204 of Apprise says that nobody was told', () => {
    const [webhook, apprise] = [parseReceiver('https://host/in'), parseReceiver('apprise://host/key')];
    expect([200, 204, 302, 404, 503].map((status) => refusalOf(webhook, status) === null)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(refusalOf(apprise, 200)).toBeNull();
    expect(refusalOf(apprise, 204)).toMatchObject({
      detail: expect.stringContaining('no configuration'),
      isPartly: false,
    });
    expect(refusalOf(apprise, 424)).toMatchObject({ isPartly: true });
    expect(refusalOf(webhook, 424)).toMatchObject({ isPartly: false });
  });

  it('is short, however much it is about', () => {
    const groups = Array.from({ length: 500 }, (_, n) => ({ id: `snapshot-${n}`, count: 20 }));
    const held = heldNotice([{ scope: 'reddit/me/saved', count: 10_000, digest: 'd', sketch: null, groups }]);
    expect(held.title).toBe('10000 removals wait for you');
    expect(held.body.length).toBeLessThan(2000);
    expect(held.body).toContain('and 490 more groups');
    expect(deadLettersNotice({ embed: 1 }, '0').title).toBe('1 record could not be taken in');
  });
});
