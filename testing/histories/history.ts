import { applicable } from '../../core/fold/decision.ts';
import { parseRecordKey, recordKey } from '../../core/keys.ts';
import type { LedgerRow } from '../../core/ledger.ts';
import type { Decoded } from '../../core/ports/schema-codec.ts';
import type { Decision } from '../../schemas/generated/records.ts';
import type { BatchApplier } from '../../sinks/apply-batch.ts';
import { ObjectCodec } from '../scenario/object-codec.ts';
import { HistoryLog } from './log.ts';
import { Oracle } from './oracle.ts';
import { Producers, type Work } from './producers.ts';
import { indexOf, itemIdOf, Killed, Subject } from './subject.ts';
import { type HistoryRecord, HOUR, ITEM_COUNT, msOf, type Proof, type Random, randomFrom, SCOPE } from './types.ts';
import { World } from './world.ts';

/** One history of a collection: a world, its pipeline with faults, and the oracle that watches. Deterministic by its seed. */
export class History {
  readonly random: Random;
  readonly proof: Proof;
  readonly world: World;
  readonly log: HistoryLog;
  readonly oracle: Oracle;
  readonly producers: Producers;
  readonly codec = new ObjectCodec();
  readonly commands: Decoded[] = [];
  readonly frozen: Work[] = [];
  subject: Subject;
  /** a sink that froze with what it had read, and may go on */
  zombie: { readonly applier: BatchApplier; readonly offset: number } | null = null;
  frozenProcessor: number | null = null;
  /** no more faults */
  quiet = false;
  #offset = -1;
  #work: Work | null = null;
  #decisions = 0;

  constructor(seed: number, proof: Proof) {
    this.random = randomFrom(seed);
    this.proof = proof;
    this.world = new World(this.random);
    this.oracle = new Oracle(this.world, proof);
    const reach = (what: string): void => this.oracle.reach(what);
    this.log = new HistoryLog(
      () => this.random(),
      () => this.quiet,
      reach,
      (itemId) => this.oracle.mixed.add(indexOf(itemId)),
    );
    this.producers = new Producers({
      world: this.world,
      log: this.log,
      proof,
      random: () => this.random(),
      chance: (p) => this.chance(p),
      reach,
      violate: (what) => this.oracle.violate(what),
    });
    this.oracle.knows(this.producers);
    this.subject = new Subject(this.codec);
  }

  get failed(): boolean {
    return this.oracle.violations.length > 0;
  }

  chance(probability: number): boolean {
    return !this.quiet && this.random() < probability;
  }

  // ---- producers ----
  get working(): boolean {
    return this.#work !== null;
  }

  begin(work: Work | null): void {
    if (work === null) return;
    if (this.#work !== null) {
      this.frozen.push(this.#work);
      this.oracle.reach('producer frozen');
    }
    this.#work = work;
  }

  step(): void {
    if (this.#work?.next().done === true) this.#work = null;
  }

  finishWork(): void {
    while (this.#work !== null) this.step();
  }

  nextCommand(): Work | null {
    const command = this.commands.shift();
    if (command?.type === 'RecheckCommand') return this.producers.recheck(command.value);
    if (command?.type === 'BackfillCommand') return this.producers.backfill(command.value);
    if (command?.type !== 'SyncCommand') return null;
    this.producers.forgetContent();
    return this.proof === 'absence' ? null : this.producers.fullWalk();
  }

  // ---- sink ----
  async read(count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let left = count; left > 0 && !this.failed; left--) {
      const record = this.log.enriched.find((candidate) => candidate.offset > this.#offset);
      if (record === undefined) return;
      const before = await this.subject.rows();
      if (this.chance(0.02)) this.#killInCommit();
      const outcome = await this.subject.apply([record]);
      this.subject.store.beforeCommit = () => undefined;
      if (outcome !== 'applied') {
        this.oracle.reach(outcome === 'killed' ? 'killed in a commit' : 'sink fenced');
        continue;
      }
      this.#offset = record.offset;
      this.oracle.judgeStep(record, before, await this.subject.rows());
    }
  }

  /** The process dies at this or a later commit of what it applies next. */
  #killInCommit(): void {
    let commits = Math.floor(this.random() * 3);
    this.subject.store.beforeCommit = () => {
      if (commits-- === 0) throw new Killed('killed');
    };
  }

  /** A batch that was applied comes once more, or the frozen sink goes on with what it had read. */
  async again(record: HistoryRecord, applier = this.subject.applier): Promise<void> {
    const before = await this.subject.rows();
    await this.subject.apply([record], applier);
    await this.subject.restart();
    this.oracle.judgeStep(
      { ...record, decoded: record.decoded?.type === 'Decision' ? null : record.decoded },
      before,
      await this.subject.rows(),
    );
  }

  async wakeZombie(): Promise<void> {
    const { zombie } = this;
    if (zombie === null) return;
    const due = this.log.enriched.filter((record) => record.offset > zombie.offset).slice(0, 5);
    this.oracle.reach('frozen sink went on');
    for (const record of due) await this.again(record, zombie.applier);
    this.zombie = null;
    // What it committed before it was fenced counts; the sink that went on reads from where the store is.
    this.#offset = (await this.subject.store.progress(0)).nextOffset - 1;
  }

  freezeSink(): void {
    this.zombie ??= { applier: this.subject.newApplier(this.subject.applier.progress), offset: this.#offset };
  }

  /** Sends what the sink owes; with `lost`, the acknowledgement is lost, and all of it will be sent again. */
  async publish(count = Number.POSITIVE_INFINITY, lost = false): Promise<void> {
    for (const { topic, key, value } of await this.subject.takeOutbox(count, !lost)) {
      if (value === null) this.log.tombstone(key);
      else if (topic === 'commands') this.commands.push(this.codec.decode(value));
      else if (topic === 'ingest') this.#append(this.codec.decode(value), key);
    }
  }

  #append(decoded: Decoded, key: string): void {
    this.log.append(decoded, parseRecordKey(key)?.slot ?? '', { key: `${key}~${this.log.position}` });
  }

  /** Law 7: a dead letter whose key names a purged item is tombstoned and deleted when it arrives. */
  async eraseDeadLetters(): Promise<void> {
    const rows = await this.subject.rows();
    this.log.dead = this.log.dead.filter((record) => {
      const slot = parseRecordKey(record.key)?.slot;
      const row = rows.find((candidate) => candidate.itemId === slot);
      const gone =
        record.decoded?.type === 'RawItem' &&
        row !== undefined &&
        (row.state === 'purged' || row.blocked || record.first <= row.purgedAt);
      if (gone) this.log.tombstone(record.key);
      return !gone;
    });
  }

  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 80 && !this.failed; rounds++) {
      this.log.process(Number.POSITIVE_INFINITY);
      await this.read();
      await this.eraseDeadLetters();
      const owed = await this.subject.takeOutbox(1, false);
      if (owed.length === 0 && this.commands.length === 0 && this.log.processed === this.log.position) {
        await this.subject.compare(msOf(this.world.clock));
        return;
      }
      await this.publish();
      if (!this.working && this.commands.length > 0) this.begin(this.nextCommand());
      this.finishWork();
    }
    if (!this.failed) this.oracle.violate('livelock');
  }

  // ---- people ----
  async person(x: number, wanted?: Decision['operation']): Promise<void> {
    const row = (await this.subject.rows())[x];
    if (row === undefined || (row.state === null && !row.blocked)) return;
    const operation = wanted ?? this.#whatAPersonDoes(row);
    if (operation === null || !applicable(row, operation)) return;
    this.oracle.reach(`person: ${operation}`);
    const applied = this.subject.applier.progress.position;
    this.oracle.wish(x, operation, row, this.log.position + 1, applied);
    const value: Decision = {
      eventId: `person ${this.#decisions++}`,
      at: msOf(this.world.clock),
      ...SCOPE,
      itemId: itemIdOf(x),
      operation,
      author: 'person:me',
      basisDecided: row.decided,
      basisSeen: operation === 'approve' ? row.basisSeen : applied,
      reason: '',
      snapshotId: row.holdId,
      syncId: null,
      personOnly: false,
      firstId: null,
      firstAt: null,
      url: null,
      savedAt: null,
      evidence: '{}',
    };
    this.log.append({ type: 'Decision', value }, itemIdOf(x));
  }

  #whatAPersonDoes(row: LedgerRow): Decision['operation'] | null {
    if (row.blocked) return 'allow';
    if (row.state === 'held') return this.random() < 0.5 ? 'approve' : 'reject';
    if (row.state === 'trash') return 'restore';
    return row.pinned ? 'unpin' : null;
  }

  /** Trash whose time is over; the sink decides. */
  async expire(): Promise<void> {
    for (const row of await this.subject.rows()) {
      if (row.state !== 'trash' || this.random() >= 0.5) continue;
      const value: Decision = {
        eventId: `expire ${row.itemId} ${row.decided}`,
        at: msOf(this.world.clock),
        ...SCOPE,
        itemId: row.itemId,
        operation: 'purge',
        author: 'sink',
        basisDecided: row.decided,
        basisSeen: row.basisSeen,
        reason: '',
        snapshotId: null,
        syncId: null,
        personOnly: false,
        firstId: null,
        firstAt: null,
        url: null,
        savedAt: null,
        evidence: '{}',
      };
      // The same decision may be made twice before the first is applied; each record has a key of its own.
      this.#append({ type: 'Decision', value }, recordKey(SCOPE, SCOPE.collection, row.itemId, value.eventId));
    }
  }

  // ---- rebuild ----
  async compareRebuild(when: string): Promise<Subject> {
    const fresh = await this.subject.rebuilt(this.log);
    this.oracle.reach('rebuild compared');
    if ((await fresh.takeOutbox(1, false)).length > 0) this.oracle.violate('a rebuild owes');
    const [live, rebuilt] = [await this.subject.view(), await fresh.view()];
    if (live !== rebuilt) this.oracle.violate(`rebuild differs${when}\n live    ${live}\n rebuilt ${rebuilt}`);
    return fresh;
  }

  /** The collection goes on in the rebuilt generation. */
  async switchToRebuilt(): Promise<void> {
    await this.settle();
    const scope = await this.subject.store.scope('reddit/me/saved');
    if (this.failed || this.working || (scope !== null && scope.staged !== null)) return;
    const fresh = await this.compareRebuild(' before a switch');
    this.oracle.reach('switched to rebuilt');
    this.subject = new Subject(this.codec, false, fresh.store);
    await this.subject.goOnAt(this.#offset + 1);
    this.zombie = null;
  }

  // ---- the end ----
  async #fullSync(): Promise<void> {
    this.world.clock += HOUR + 1;
    if (this.proof === 'absence') {
      this.producers.makeExport(true);
      const file = this.producers.exports.at(-1);
      if (file !== undefined) this.begin(this.producers.importExport(file));
    } else this.begin(this.producers.fullWalk());
    this.finishWork();
    await this.settle();
  }

  /** No more faults: everything settles, a rebuild is equal, three full syncs heal, a fourth does nothing. */
  async finish(): Promise<void> {
    this.quiet = true;
    this.zombie = null;
    this.finishWork();
    this.commands.length = 0;
    for (const work of this.frozen.splice(0)) while (work.next().done !== true);
    await this.settle();
    for (const record of this.log.dead.splice(0)) if (this.random() < 0.7) this.log.redrive(record);
    await this.settle();
    if (this.failed) return;
    await this.compareRebuild(' at rest');
    this.log.compact();
    await this.compareRebuild(' after compaction');
    for (let round = 0; round < 3 && !this.failed; round++) await this.#heal(round);
    if (this.failed) return;
    const decisions = (): number => this.log.ingest.filter((record) => record.decoded?.type === 'Decision').length;
    const before = decisions();
    await this.#fullSync();
    if (decisions() > before) this.oracle.violate('work without change');
    if (this.failed) return;
    if ((await this.subject.store.scope('reddit/me/saved'))?.converged === false) this.oracle.violate('not converged');
    const rows = await this.subject.rows();
    for (const [x, row] of rows.entries()) this.oracle.judgeItem(x, row, await this.subject.body(x));
    this.log.compact();
    await this.compareRebuild(' at the end');
    this.oracle.judgeErasure(this.log, rows);
  }

  async #heal(round: number): Promise<void> {
    await this.#fullSync();
    const rows = await this.subject.rows();
    for (let x = 0; x < ITEM_COUNT && !this.failed; x++) {
      const row = rows[x];
      if (row?.state === 'held' && (row.personOnly || round === 2))
        await this.person(x, this.world.saved.has(x) ? 'reject' : 'approve');
    }
    await this.settle();
  }
}
