import { isDeepStrictEqual } from 'node:util';
import { StoreUnavailableError } from '../../core/errors.ts';
import { parseRecordKey, SLOT } from '../../core/keys.ts';
import { TOPIC_NAMES } from '../../core/ports/event-log.ts';
import { syncMetadataKey } from '../../producers/sync-metadata.ts';
import { FAULTS as ANSWERS } from '../../testing/fake-service/fake-service.ts';
import type { AppendFault } from '../../testing/memory-log/memory-event-log.ts';
import {
  answerOnce,
  denied,
  emptied,
  type Inject,
  isList,
  isQuestion,
  reply,
  shortened,
  unreadable,
  upload,
} from './fault-tools.ts';
import type { Gate } from './gate.ts';
import { PEER_FAULTS } from './peer-faults.ts';
import { refusedCopy } from './refused-copy.ts';
import { SKEW_MS } from './settings.ts';
import type { Simulation } from './simulation.ts';

const appendFault =
  (fault: AppendFault): Inject =>
  (simulation) => {
    // Most of what can go wrong is in `ingest`, and not with the first record of a run.
    const topic = simulation.pick(2) === 0 ? 'ingest' : TOPIC_NAMES[simulation.pick(TOPIC_NAMES.length)];
    const before = Array.from({ length: simulation.pick(SOUND_APPENDS) }, (): AppendFault => 'none');
    simulation.cluster.log.failAppends(topic ?? 'ingest', ...before, fault);
    // What the store refused may be taken when it is read again.
    if (topic === 'dead-letter') simulation.mayLackLetters = true;
    return true;
  };

/** Appends that go well before one does not, at most. */
const SOUND_APPENDS = 6;

const skew = (ms: number): Inject => {
  return (simulation) => {
    const worker = simulation.cluster.workers[0];
    if (worker === undefined) return false;
    worker.gate.skewMs = ms;
    simulation.skews.add(ms);
    if (ms > 0) simulation.wasAhead = true;
    if (ms !== 0) simulation.wasMisled = true;
    // Whoever seems to be gone is taken over, while it goes on.
    simulation.mayEmbedTwice = true;
    return true;
  };
};

/** The process does nothing for so long, in the middle of whatever it does. */
function standStill(s: Simulation, gate: Gate, stillMs: number): void {
  s.note(`${gate.name} stands still`);
  gate.freeze();
  void s.cluster.clock.sleep(stillMs).then(() => {
    if (!gate.isFrozen) return;
    s.oracle.reach('a process that stood still went on');
    s.note(`${gate.name} goes on`);
    gate.thaw();
  });
}

const MINUTE_MS = 60_000;
/** Writes of a producer that go well before it stands still: from its first to those of a later run. */
const TRAPPED_WRITES = 8;
/** Steps of a process after which something happens to it: from the middle of a batch to some batches later. */
const FUSE_STEPS = 80;
/** Longer than any session or lease, at times. */
const STILL_MS = 120_000;
/** In which a person's command is begun, or done. */
const PERSON_MS = 1_500;
/** What is to be refused before anything else is made of it. */
const HOSTILE = [
  '['.repeat(100_000),
  `{"Likes and Favorites":${'{"a":'.repeat(50_000)}`,
  `{"__proto__":{"FavoriteVideoList":[]},"constructor":{"prototype":{}}}`,
  `id,permalink\n"${'x'.repeat(100_000)}`,
  `PK\u0003\u0004${'\u0000'.repeat(1_000)}../../saved_posts.csv`,
];

/** By the names under which they are counted, and asked for with --fault. */
export const FAULTS: Readonly<Record<string, Inject>> = {
  ...PEER_FAULTS,
  ...Object.fromEntries(
    Object.entries(ANSWERS).map(([name, fault]) => [
      `an answer: ${name}`,
      (simulation: Simulation) =>
        answerOnce(
          simulation,
          () => true,
          () => fault,
        ),
    ]),
  ),
  'an item is saved while the list is walked': (s, n) =>
    answerOnce(s, isList, () => {
      s.source.save(n);
      return undefined;
    }),
  'an item is taken out while the list is walked': (s, n) =>
    answerOnce(s, isList, () => {
      // Reddit's pages hang together by their last items: where one of these is gone, the list ends without a word.
      if (s.source.provider === 'reddit') s.wasMisled = true;
      s.source.unsave(n);
      return undefined;
    }),
  'an item is saved again between a list and the question about it': (s, n) =>
    answerOnce(s, isQuestion, () => {
      s.source.save(n);
      return undefined;
    }),
  'a page is empty': (s) => answerOnce(s, isList, () => reply((given) => emptied(s, given, false))),
  'the list ends with an empty page': (s) => answerOnce(s, isList, () => reply((given) => emptied(s, given, true))),
  'only the first pages of the list come': (s) => answerOnce(s, isList, () => reply((given) => shortened(s, given))),
  'everything is denied, the control ids too': (s) => answerOnce(s, isQuestion, () => reply(denied)),
  'the token is revoked': (s) => {
    s.source.revoke();
    return s.source.connectBy !== null;
  },
  'the token is taken again': async (s) => {
    s.source.grant();
    await s.connect();
    return s.source.connectBy !== null;
  },
  'somebody else answers': async (s) => {
    // Whose a list is that nobody knows an item of, or that was begun by the right one, its pages do not tell.
    const { lastSyncAt, lease } = await s.metadata();
    if (s.source.connectBy?.by !== 'token' || lastSyncAt === null || lease !== null) return false;
    s.impersonate(true);
    return true;
  },
  'the public list takes the place of the token': async (s) => {
    const { publicBy, provider } = s.source;
    if (publicBy === null) return false;
    // Nor do the metadata of the account always last as long as the log.
    const areLost = s.pick(3) === 0;
    if (areLost) await s.attempt(s.cluster.metadata.remove(syncMetadataKey({ provider, user: s.me.user })));
    await s.connect(s.me, publicBy);
    s.oracle.reach(`a public list in the place of a token${areLost ? ', of which the metadata were lost' : ''}`);
    return true;
  },
  'the right one answers again': async (s) => {
    // Nor that of one whose first page was somebody else's.
    if (s.source.connectBy === null || (await s.metadata()).lease !== null) return false;
    s.impersonate(false);
    return true;
  },
  'an append is refused': appendFault('refuse'),
  'the answer to an append is lost': appendFault('lose-answer'),
  'an append is written twice': appendFault('duplicate'),
  'a chunk of a snapshot cannot be read': (s) => {
    const { log } = s.cluster;
    log.garble = (topic, key) => {
      if (topic !== 'ingest' || parseRecordKey(key)?.slot !== SLOT.chunk) return false;
      log.garble = () => false;
      return true;
    };
    return true;
  },
  'the embedder is down': (s) => {
    s.cluster.embedder.isDown = true;
    return true;
  },
  'the embedder is back': (s) => {
    s.cluster.mendEmbedder();
    return true;
  },
  'the store refuses one document': async (s, n) => {
    const store = s.cluster.generations.made.at(-1);
    if (store === undefined) return false;
    s.isRefused = true;
    let left = 1 + s.pick(3);
    const itemId = s.source.idOf(n);
    store.refuse = (scope, refused, { row }, before) => {
      if (scope !== s.oracle.scope || refused !== itemId || left-- <= 0) return false;
      s.refused.add(itemId);
      // Of a copy of what was taken, only its key is new: no dead letter is to hold it, as one holds a decision that changes nothing.
      if (before !== null && isDeepStrictEqual({ ...before, contentKeys: row.contentKeys }, row))
        s.mayLackLetters = true;
      return true;
    };
    return true;
  },
  'the store refuses what comes a second time': refusedCopy,
  'the store refuses a commit': (s) => {
    const store = s.cluster.generations.made.at(-1);
    if (store === undefined) return false;
    let left = s.pick(4);
    store.beforeCommit = () => {
      if (left-- > 0) return;
      store.beforeCommit = () => undefined;
      throw new StoreUnavailableError('refused by the simulation');
    };
    return true;
  },
  'a process is killed': (s) => {
    const worker = s.cluster.workers[s.pick(s.cluster.workers.length)];
    if (worker === undefined) return false;
    s.mayEmbedTwice = true;
    worker.gate.lightFuse(1 + s.pick(FUSE_STEPS), () => {
      s.note(`${worker.gate.name} was killed`);
      s.oracle.reach('a process was killed');
      s.cluster.kill(worker);
    });
    return true;
  },
  'the process of a person is killed': async (s, n) => {
    s.mayEmbedTwice = true;
    const taken = s.source.takeExport('honest');
    const works = [
      () => s.begin('a person pins', s.decide('pin', n)),
      () => s.startRebuild(),
      () => (taken === null ? s.startSync(true) : s.handIn(taken)),
    ];
    works[s.pick(works.length)]?.();
    await s.cluster.clock.advance(s.pick(PERSON_MS));
    s.oracle.reach('the process of a person was killed');
    await s.cluster.replaceFront();
    return true;
  },
  'the disk is full for a while': (s) => {
    // What was reserved runs out meanwhile, and what goes to the dead letters may go on at another attempt.
    s.mayEmbedTwice = true;
    s.mayLackLetters = true;
    s.note('the disk is full');
    s.oracle.reach('the disk was full');
    s.cluster.fillDisk(true);
    void s.cluster.clock.sleep(s.pick(STILL_MS)).then(() => {
      s.note('the disk has room');
      s.cluster.fillDisk(false);
    });
    return true;
  },
  'a process stands still, and goes on later': (s) => {
    const worker = s.cluster.workers[s.pick(s.cluster.workers.length)];
    if (worker === undefined || !worker.gate.isOpen) return false;
    const { gate } = worker;
    s.mayEmbedTwice = true;
    const stillMs = s.pick(STILL_MS);
    gate.lightFuse(1 + s.pick(FUSE_STEPS), () => standStill(s, gate, stillMs));
    return true;
  },
  'a producer stands still before it writes, and another takes over': async (s) => {
    const worker = s.cluster.workers[0];
    if (worker === undefined || !worker.gate.isOpen) return false;
    s.mayEmbedTwice = true;
    if (s.cluster.workers.length < 2) await s.cluster.addWorker();
    let left = s.pick(TRAPPED_WRITES);
    const stillMs = MINUTE_MS + s.pick(STILL_MS);
    const isWrite = (method: string, [topic]: readonly unknown[]): boolean => method === 'append' && topic === 'ingest';
    worker.gate.layTrap(
      (method, args) => isWrite(method, args) && left-- <= 0,
      () => standStill(s, worker.gate, stillMs),
    );
    return true;
  },
  'a process comes': async (s) => {
    if (s.cluster.workers.length >= 3) return false;
    await s.cluster.addWorker();
    return true;
  },
  'a process leaves': async (s) => {
    const worker = s.cluster.workers.find(({ gate }) => gate.isOpen);
    if (worker === undefined || s.cluster.workers.length < 2) return false;
    s.begin('a process leaves', s.cluster.stop(worker));
    return true;
  },
  'a clock is ahead': skew(SKEW_MS),
  'a clock is behind': skew(-SKEW_MS),
  'a clock is put right': skew(0),
  'an export is cut off': upload((bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.6))),
  'another file is handed in': upload(() => Buffer.from('{"Profile": {"name": "somebody"}, "Comments": []}')),
  'an export without its list is handed in': upload((bytes) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace('FavoriteVideoList', 'FavoriteVideoLost')
        .replaceAll('saved_posts', 'sated_posts'),
      'latin1',
    ),
  ),
  'a row of an export cannot be read': (s) =>
    s.source.provider === 'tiktok' && upload((bytes) => Buffer.from(unreadable(bytes.toString('utf8'))))(s, 0),
  'a hostile file is handed in': (s) => {
    const hostile = HOSTILE[s.pick(HOSTILE.length)] ?? '';
    return upload(() => Buffer.from(hostile))(s, 0);
  },
  'an empty file is handed in': upload(() => Buffer.alloc(0)),
  'an export is made up': (s) => {
    const taken = s.source.takeExport('forged');
    if (taken === null) return false;
    s.oracle.forgedAsOf.add(Math.floor(s.now() / 1000) * 1000).add(s.now());
    s.handIn(taken);
    return true;
  },
};
