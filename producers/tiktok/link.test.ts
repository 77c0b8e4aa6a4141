import { expect, it } from '@jest/globals';
import { parseExportDate } from './date.ts';
import { parseTikTokLink, videoUrl } from './link.ts';

const ID = '7612738946044398861';

it.each([
  [`https://www.tiktokv.com/share/video/${ID}/`, null, false],
  [`http://www.tiktokv.com/share/video/${ID}`, null, false],
  [`https://www.tiktokv.us/share/video/${ID}/`, null, false],
  [`https://www.tiktok.com/@some.one_1/video/${ID}?is_from_webapp=1#x`, 'some.one_1', false],
  [`https://tiktok.com/@some.one/video/${ID}/`, 'some.one', false],
  [`https://www.tiktok.com/@/video/${ID}`, null, false],
  [`https://www.tiktok.com/video/${ID}`, null, false],
  [`https://www.tiktok.com/share/video/${ID}`, null, false],
  [`https://www.tiktok.com/i18n/share/video/${ID}/`, null, false],
  [`https://www.tiktok.com/@u/photo/${ID}`, 'u', true],
  [`https://m.tiktok.com/v/${ID}.html`, null, false],
  [`https://www.tiktok.com/embed/v2/${ID}`, null, false],
  [`  www.tiktok.com/@u/video/${ID}\n`, 'u', false],
  [`https://www.tiktok.com//@u//video/${ID}`, 'u', false],
])('%s', (link, handle, photo) => {
  expect(parseTikTokLink(link)).toEqual({ kind: 'video', itemId: ID, handle, photo });
});

it.each(['https://vm.tiktok.com/ZMabc123/', 'vt.tiktok.com/ZSabc123', 'https://www.tiktok.com/t/ZTabc123/'])(
  '%s says nothing by itself',
  (link) => {
    expect(parseTikTokLink(link).kind).toBe('short');
  },
);

it.each([
  '',
  'none',
  'javascript:alert(1)',
  'file:///etc/passwd',
  `https://evil-tiktok.com/@a/video/${ID}`,
  `https://tiktok.com.evil.com/@a/video/${ID}`,
  `https://www.tiktok.com@evil.com/@a/video/${ID}`,
  `https://someone@www.tiktok.com/@a/video/${ID}`,
  `https://www.tiktok.com:8443/@a/video/${ID}`,
  `https://www.tiktok.com/?x=/video/${ID}`,
  `https://www.tiktok.com/@a/video/${ID}x`,
  'https://www.tiktok.com/@a/video/0',
  'https://www.tiktok.com/@a/video/007',
  'https://www.tiktok.com/@a/video/123456789012345678901',
  'https://www.tiktok.com/@a/live',
  'https://t.tiktok.com/i18n/share/music/7339976543278778370',
  'https://www.tiktok.com/',
  `https://www.tiktok.com/@${'a'.repeat(3000)}/video/${ID}`,
])('%s is not believed', (link) => {
  expect(parseTikTokLink(link).kind).toBe('unreadable');
});

it('gives a link for people', () => {
  expect(videoUrl(ID)).toBe(`https://www.tiktok.com/@/video/${ID}`);
  expect(videoUrl(ID, 'u', true)).toBe(`https://www.tiktok.com/@u/photo/${ID}`);
});

it.each([
  ['2025-04-17 16:36:43', Date.UTC(2025, 3, 17, 16, 36, 43)],
  ['2025-04-17 16:36:43 UTC', Date.UTC(2025, 3, 17, 16, 36, 43)],
  ['2025-04-17T16:36:43Z', Date.UTC(2025, 3, 17, 16, 36, 43)],
  ['2024-02-29 00:00:00', Date.UTC(2024, 1, 29)],
  ['2025-02-29 00:00:00', null],
  ['2025-13-01 00:00:00', null],
  ['2025-00-10 00:00:00', null],
  ['2025-01-01 24:00:00', null],
  ['2025-01-01 00:60:00', null],
  ['0000-00-00 00:00:00', null],
  ['1970-01-01 00:00:00', null],
  ['2025-01-01', null],
  ['yesterday', null],
  ['', null],
])('date %s', (text, expected) => {
  expect(parseExportDate(text)).toBe(expected);
});
