import { BlockList, isIP } from 'node:net';

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** The proxies whose headers about a request are believed. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** @param networks addresses, and networks as `10.0.0.0/8` */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', prefix] = network.split('/');
      if (prefix === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  has(address: string | undefined): boolean {
    const bare = bareOf(address);
    return isIP(bare) !== 0 && this.#list.check(bare, familyOf(bare));
  }

  /**
   * Who sent a request: the last address that no trusted proxy has, going backward from the connection, since what stands
   * before it in X-Forwarded-For was written by whoever sent it.
   */
  clientOf(connected: string | undefined, forwardedFor: string | undefined): string {
    let client = bareOf(connected);
    const hops = (forwardedFor ?? '').split(',').map((hop) => bareOf(hop.trim()));
    while (this.has(client)) {
      const before = hops.pop();
      if (before === undefined || isIP(before) === 0) break;
      client = before;
    }
    return client;
  }
}

/** Where one customer of a network provider ends: a whole /64 belongs to one. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...after];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** IPv4 in IPv6 is how a socket that takes both shows it. */
function bareOf(address: string | undefined): string {
  const bare = (address ?? '').replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  return MAPPED.exec(bare)?.[1] ?? bare;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
