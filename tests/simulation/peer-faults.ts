import type { FakeReply, FakeRequest, Fault } from '../../testing/fake-service/fake-service.ts';
import { denied, type Inject, isList, isQuestion, reply, shortened, upload } from './fault-tools.ts';
import type { Simulation } from './simulation.ts';

const SERVER_ERROR = { status: 502, headers: {}, body: '' };
/** A request is tried again a few times: what fails so often fails for good. */
const FOR_GOOD = 6;
/** Answers of a sync that is cut short: its list, and what it asks about. */
const CUT_SHORT = 8;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const SLOW_MS = 60_000;

const isLaterPage = (request: FakeRequest): boolean =>
  isList(request) && (request.url.searchParams.has('after') || Number(request.url.searchParams.get('page') ?? 1) > 1);
const isDetail = ({ url }: FakeRequest): boolean => /\/repositories\/\d+$/.test(url.pathname);
const hasNext = ({ headers, body }: FakeReply): boolean => /rel="next"|"after":"/.test(`${headers['link']}${body}`);

/** The next requests that `meets` says get something else, so often that to try again does not help. */
function failForGood(s: Simulation, meets: (request: FakeRequest) => boolean, fault: Fault): boolean {
  const { service } = s.source;
  if (service === null) return false;
  let left = FOR_GOOD;
  service.before = (request) => {
    if (!meets(request)) return undefined;
    if (--left === 0) service.before = () => undefined;
    return fault;
  };
  s.startSync(true);
  return true;
}

/** A full sync whose list ends early, and whose questions get `answer`. */
function cutShort(s: Simulation, answer: (given: FakeReply) => FakeReply): boolean {
  const { service } = s.source;
  if (service === null) return false;
  let left = CUT_SHORT;
  service.before = (request) => {
    const isAsked = isQuestion(request) || isDetail(request);
    if (!isAsked && !isList(request)) return undefined;
    if (--left === 0) service.before = () => undefined;
    return isAsked ? answer : reply((given) => shortened(s, given));
  };
  s.startSync(true);
  return true;
}

/** Nothing is said of what was asked about. */
const silent = (given: FakeReply): FakeReply => {
  if (given.body.includes('"nodes"')) return { ...given, body: given.body.replace(/"nodes":\[.*\]/, '"nodes":[]') };
  if (given.body.includes('"children"'))
    return { ...given, body: '{"kind":"Listing","data":{"after":null,"children":[]}}' };
  return { ...given, status: 403, body: '{"message":"Forbidden"}' };
};

/** Rows of an export, which tells the newest first, without the last. */
function withoutOldest(s: Simulation, bytes: Buffer): Uint8Array {
  const given = JSON.parse(bytes.toString('utf8')) as {
    'Likes and Favorites': { 'Favorite Videos': { FavoriteVideoList: unknown[] } };
  };
  const list = given['Likes and Favorites']['Favorite Videos'].FavoriteVideoList;
  list.splice(Math.max(1, list.length - 1 - s.pick(2)));
  return Buffer.from(JSON.stringify(given));
}

/** What happened to others, by the projects of whom it is known. By the names under which they are counted. */
export const PEER_FAULTS: Readonly<Record<string, Inject>> = {
  // Airbyte #12782
  'a page in the middle of the list fails': (s) =>
    failForGood(
      s,
      isLaterPage,
      reply(() => SERVER_ERROR),
    ),
  // karakeep-sync
  'the last page of the list fails': (s) =>
    failForGood(
      s,
      isList,
      reply((given) => (hasNext(given) ? given : SERVER_ERROR)),
    ),
  // Nango templates #644, #649
  'a process is killed while the list is walked': (s) => {
    const { service } = s.source;
    const [worker] = s.cluster.workers;
    if (service === null || worker === undefined) return false;
    s.mayEmbedTwice = true;
    service.before = (request) => {
      if (!isLaterPage(request)) return undefined;
      service.before = () => undefined;
      s.note(`${worker.gate.name} was killed`);
      if (s.cluster.workers.includes(worker)) s.cluster.kill(worker);
      return undefined;
    };
    s.startSync(true);
    return true;
  },
  // Sim #6757
  'the list is cut short, and everything is denied': (s) => cutShort(s, reply(denied)),
  'the list is cut short, and nothing is said of what is asked about': (s) => cutShort(s, silent),
  // Onyx #14975
  'an item comes back for a moment between a list and the question about it': async (s, n) => {
    const { service } = s.source;
    if (service === null) return false;
    s.source.save(n);
    await s.takeWhole();
    const ends = (): number => s.cluster.evidence.snapshotEnds().length;
    const before = ends();
    s.source.unsave(n);
    service.before = (request) => {
      if (isList(request) && ends() > before) s.source.save(n);
      if (!isQuestion(request)) return undefined;
      service.before = () => undefined;
      s.source.unsave(n);
      return undefined;
    };
    await s.requestSync(true);
    await s.requestSync(false);
    return true;
  },
  // Radarr #4648, GithubStarsManager
  'all is taken out, and two lists say so': async (s) => {
    for (let n = 0; n < s.source.items; n++) s.source.unsave(n);
    for (let list = 0; list < 2; list++) await s.takeWhole();
    return true;
  },
  // Singer target-postgres #391
  'the embedder is slow': (s) => {
    s.cluster.embedderTakesMs = SLOW_MS;
    return true;
  },
  'the embedder answers partly': (s) => {
    s.cluster.embedder.leavesOut = 2;
    return true;
  },
  // LlamaIndex #22706
  'two items say the same': (s, n) => s.source.twin(n, (n + 2) % s.source.items),
  // dlt #1683
  'an item is taken out and saved again at once': (s, n) => {
    s.source.unsave(n);
    s.source.save(n);
    return true;
  },
  'the oldest rows of an export are cut off': (s) => {
    if (s.source.provider !== 'tiktok') return false;
    s.oracle.cutOffAsOf.add(Math.floor(s.now() / 1000) * 1000);
    return upload((bytes) => withoutOldest(s, bytes))(s, 0);
  },
  'an export that was overtaken is handed in': (s) => {
    const [oldest] = s.taken;
    if (oldest === undefined || s.taken.length < 2) return false;
    s.oracle.reach('an export that is not the newest');
    s.handIn(oldest);
    return true;
  },
  'what was read is read again': async (s) => {
    const places = (await s.cluster.log.lag()).filter(({ committed }) => committed > 0);
    const place = places[s.pick(places.length)];
    if (place === undefined) return false;
    s.mayEmbedTwice = true;
    await s.cluster.run(s.cluster.log.rewind(place.group, place.topic, place.partition, s.pick(place.committed)));
    return true;
  },
  'old content turns up after its item was purged, and came back': async (s, n) => {
    const gate = s.cluster.workers[0]?.gate;
    if (gate?.isOpen !== true) return false;
    if (s.cluster.workers.length < 2) await s.cluster.addWorker();
    s.mayEmbedTwice = true;
    s.source.save(n);
    s.source.edit(n, s.pick(1_000));
    // It stands still with the content in its hands, and others do without it.
    const holdsContent = (records: unknown): boolean =>
      (records as readonly { readonly key: string }[]).some(({ key }) => key.includes(`|${s.source.idOf(n)}|`));
    gate.layTrap(
      (method, [topic, , records]) => method === 'append' && topic === 'enriched' && holdsContent(records),
      () => gate.freeze(),
    );
    await s.takeWhole();
    await s.person('purge', n);
    await s.person('allow', n);
    await s.takeWhole();
    gate.cutFuse();
    if (!gate.isFrozen) return false;
    s.oracle.reach('old content turned up after a purge');
    gate.thaw();
    await s.settle();
    return true;
  },
  'a purged item changes at its source': async (s, n) => {
    s.source.save(n);
    await s.takeWhole();
    await s.person('purge', n);
    s.source.edit(n, s.pick(1_000));
    await s.takeWhole();
    return true;
  },
  'a text changes while its vector is late': async (s, n) => {
    s.cluster.embedder.isDown = true;
    for (let more = 0; more < 3; more++) {
      const m = (n + more) % s.source.items;
      s.source.save(m);
      s.source.edit(m, s.pick(1_000));
    }
    await s.takeWhole();
    await s.cluster.clock.advance(10 * MINUTE_MS);
    s.cluster.mendEmbedder();
    await s.cluster.clock.advance(s.pick(10) * MINUTE_MS);
    s.source.edit(n, s.pick(1_000));
    await s.takeWhole();
    return true;
  },
  'what the store refused is purged by a person': async (s, n) => {
    const itemId = s.source.idOf(n);
    // The second time its letter arrives after the purge.
    for (let left = 1 + s.pick(2); left > 0; left--) {
      s.source.save(n);
      await s.takeWhole();
      const store = s.cluster.generations.made.at(-1);
      if (store === undefined) return false;
      s.isRefused = true;
      store.refuse = (scope, refused) => {
        if (scope !== s.oracle.scope || refused !== itemId) return false;
        store.refuse = () => false;
        s.refused.add(itemId);
        return true;
      };
      s.source.edit(n, s.pick(1_000));
      await s.takeWhole();
      await s.person('purge', n);
    }
    if (s.pick(2) === 0) await s.rebuild();
    return true;
  },
  'a person decides while the sink does': async (s, n) => {
    const worker = s.cluster.workers[0];
    if (s.source.connectBy === null || worker?.gate.isOpen !== true) return false;
    s.source.save(n);
    await s.takeWhole();
    const gate = s.cluster.frontGate;
    gate.layTrap(
      (method, [topic]) => method === 'append' && topic === 'ingest',
      () => gate.freeze(),
    );
    s.begin('a person pins', s.decide('pin', n));
    await s.cluster.clock.advance(SECOND_MS);
    s.source.unsave(n);
    await s.requestSync(true, worker.app);
    await s.cluster.clock.advance(MINUTE_MS);
    gate.cutFuse();
    gate.thaw();
    await s.settle();
    return true;
  },
};
