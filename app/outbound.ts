import { OPENAI_URL } from '../processors/embed/openai/openai-url.ts';
import type { Config, EmbedderSettings } from './config.ts';
import type { Receiver } from './notify/receiver.ts';

/** A host that this installation may talk to, and what for. */
export interface Outbound {
  /** with its port where that is none of the usual ones; `*.` stands for any name below */
  readonly host: string;
  readonly why: string;
}

/**
 * Every host that this installation may talk to, so that a person knows what leaves the machine.
 *
 * @param receivers who is told of what waits for a person
 */
export function outboundHosts(
  config: Config,
  receivers: readonly Pick<Receiver, 'url'>[] = config.notify,
): readonly Outbound[] {
  const told = [...new Set(receivers.map(({ url }) => hostOf(url)))];
  return [
    ...embeddingHosts(config.embedder),
    ...providerHosts(config),
    ...told.map((host) => ({ host, why: 'is told of what waits for you' })),
    ...serverHosts(config),
  ];
}

/** Whether texts are sent to another machine to be embedded. */
export function isRemoteEmbedder(embedder: EmbedderSettings): boolean {
  return embedder.name === 'openai' && !isThisMachine(hostOf(embedder.baseUrl ?? OPENAI_URL));
}

function embeddingHosts(embedder: EmbedderSettings): readonly Outbound[] {
  if (embedder.name !== 'openai') return [];
  return [
    {
      host: hostOf(embedder.baseUrl ?? OPENAI_URL),
      why: 'embeds what you saved and what you search for, so both are sent there',
    },
  ];
}

function providerHosts({ github, reddit, tiktokOembedUrl }: Config): readonly Outbound[] {
  const hosts: Outbound[] = [
    { host: hostOf(github.apiUrl), why: 'lists your GitHub stars, once an account is connected' },
  ];
  if (github.clientId !== null)
    hosts.push({ host: hostOf(github.authUrl), why: 'connects a GitHub account without a token' });
  if (reddit.clientId !== null)
    hosts.push(
      { host: hostOf(reddit.apiUrl), why: 'lists what you saved at Reddit, once an account is connected' },
      { host: hostOf(reddit.authUrl), why: 'connects a Reddit account' },
      { host: '*.redd.it and *.redditmedia.com', why: 'thumbnails of Reddit posts that you look at' },
    );
  if (tiktokOembedUrl !== null)
    hosts.push(
      { host: hostOf(tiktokOembedUrl), why: 'captions of the TikTok videos of an export, by their ids' },
      { host: 'vm.tiktok.com, vt.tiktok.com and www.tiktok.com', why: 'short links in a TikTok export' },
      { host: '*.tiktokcdn.com and others that TikTok names', why: 'thumbnails of TikTok videos that you look at' },
    );
  return hosts;
}

function serverHosts({ access, kafka, schemaRegistry, couchbase }: Config): readonly Outbound[] {
  const hosts: Outbound[] = [];
  if (access.oidc !== null) hosts.push({ host: hostOf(access.oidc.issuer), why: 'says who you are when you log in' });
  for (const host of kafka?.brokers ?? []) hosts.push({ host, why: 'keeps the event log' });
  if (schemaRegistry !== null)
    hosts.push({ host: hostOf(schemaRegistry.url), why: 'keeps the schemas of the event log' });
  if (couchbase !== null)
    hosts.push({
      host: couchbase.url.replace(/^couchbases?:\/\//, '').replace(/[/?].*$/, ''),
      why: 'keeps the collection',
    });
  return hosts;
}

/** Without user, password, path and query, which may be secrets. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is none';
}

function isThisMachine(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127(\.\d+){3}$/.test(name);
}
