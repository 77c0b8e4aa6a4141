import { describe, expect, it } from '@jest/globals';
import { networkOf, TrustedProxies } from './trusted-proxies.ts';

describe('trusted proxies', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);

  it.each([
    ['127.0.0.1', true],
    ['::ffff:127.0.0.1', true],
    ['127.0.0.2', false],
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['fd12::1', true],
    ['fe80::1%eth0', false],
    ['', false],
    [undefined, false],
    ['localhost', false],
  ])('%j: %j', (address, expected) => {
    expect(proxies.has(address)).toBe(expected);
  });

  it.each([
    ['192.0.2.9', '198.51.100.1', '192.0.2.9'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '203.0.113.7, 198.51.100.1, 10.0.0.1', '198.51.100.1'],
    ['127.0.0.1', 'nonsense', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1, nonsense', '127.0.0.1'],
    ['127.0.0.1', '10.0.0.2', '10.0.0.2'],
  ])('connected from %j, forwarded for %j: the client is %j', (connected, forwarded, client) => {
    expect(proxies.clientOf(connected, forwarded)).toBe(client);
  });
});

it.each([
  ['198.51.100.1', '198.51.100.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:0001:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('one customer: %s is of %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
