import { describe, expect, it } from '@jest/globals';
import { parsePermalink, toStub } from './saved-link.ts';

const HOST = 'https://www.reddit.com';

describe('a permalink', () => {
  it.each([
    [`${HOST}/r/mac/comments/41gyyp/help_wanted_with_m4b/`, 't3', '41gyyp', 'mac', 'help wanted with m4b'],
    [`${HOST}/r/mac/comments/41gyyp/`, 't3', '41gyyp', 'mac', null],
    ['/r/mac/comments/41gyyp/help', 't3', '41gyyp', 'mac', 'help'],
    ['http://old.reddit.com/r/mac/comments/41GYYP/help/?utm_source=share', 't3', '41gyyp', 'mac', 'help'],
    [`${HOST}/user/some_one/comments/1abc/of_my_own/`, 't3', '1abc', 'some_one', 'of my own'],
    [`${HOST}/comments/1abc/`, 't3', '1abc', null, null],
    [`${HOST}/r/mac/comments/1abc/caf%C3%A9_au_lait/`, 't3', '1abc', 'mac', 'café au lait'],
    [`${HOST}/r/mac/comments/1abc/100%_sure/`, 't3', '1abc', 'mac', '100% sure'],
    [`${HOST}/r/mac/comments/1abc/the_thread/def456/`, 't1', 'def456', 'mac', 'the thread'],
    [`${HOST}/r/mac/comments/1abc/x/def456/`, 't1', 'def456', 'mac', null],
    [`${HOST}/r/mac/comments/1abc//def456/`, 't1', 'def456', 'mac', null],
    [`${HOST}/r/mac/comments/1abc/comment/def456/?context=3`, 't1', 'def456', 'mac', null],
  ] as const)('%s', (text, kind, id, subreddit, words) => {
    expect(parsePermalink(text)).toMatchObject({ kind, id, subreddit, words });
  });

  it.each([
    '',
    'https://www.reddit.com/r/mac/',
    'https://www.reddit.com/r/mac/s/AbCdEf',
    'https://example.org/r/mac/comments/41gyyp/help/',
    'https://www.reddit.com.example.org/r/mac/comments/41gyyp/help/',
    'https://www.reddit.com/r/mac/comments/41gyyp/help/def456/more/',
    'javascript:alert(1)//reddit.com/r/mac/comments/41gyyp/help/',
    `${HOST}/r/mac/comments/41gyyp/${'a'.repeat(3000)}/`,
  ])('is none: %s', (text) => {
    expect(parsePermalink(text)).toBeNull();
  });
});

describe('a stub', () => {
  it('says where the item is, and what it is called as far as that can be told', () => {
    const link = parsePermalink('/r/mac/comments/41gyyp/help_wanted/?x=1')!;
    expect(toStub(link)).toMatchObject({
      itemId: 't3_41gyyp',
      sighting: false,
      content: 'stub',
      text: 'help wanted\nmac',
      documentHash: '',
      document: { url: `${HOST}/r/mac/comments/41gyyp/help_wanted/`, title: 'help wanted', savedAt: null },
    });
    expect(JSON.parse(toStub(link).document.extra)).toEqual({ source: 'data request', kind: 'post', subreddit: 'mac' });
  });

  it('has no text where the address holds no words', () => {
    expect(toStub(parsePermalink('/comments/41gyyp/')!)).toMatchObject({ text: null, document: { title: null } });
  });
});
