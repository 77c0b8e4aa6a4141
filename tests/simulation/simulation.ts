import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect } from '../../app/use-cases/connect.ts';
import { redriveDeadLetters } from '../../app/use-cases/dead-letters.ts';
import { decide, type PersonOperation } from '../../app/use-cases/decide.ts';
import { decideHeld, listHeld } from '../../app/use-cases/held.ts';
import { importExport } from '../../app/use-cases/import-export.ts';
import { type RebuildReport, rebuildStore } from '../../app/use-cases/rebuild.ts';
import { drain } from '../../app/use-cases/settle.ts';
import { requestSync, syncAccount } from '../../app/use-cases/sync.ts';
import { messageOf } from '../../core/errors.ts';
import type { ItemStore } from '../../core/ports/item-store.ts';
import { readSyncMetadata, type SyncMetadata, syncMetadataKey } from '../../producers/sync-metadata.ts';
import { Cluster } from './cluster.ts';
import { EveryStep } from './laws/every-step.ts';
import type { Evidence } from './laws/evidence.ts';
import { type Neighbour, neighbourOf, type Owner, otherThan, ownerOf } from './neighbours.ts';
import type { Oracle } from './oracle.ts';
import { QUIET } from './settings.ts';
import type { Source, Taken } from './source.ts';
import { type Kind, SOURCES } from './sources/kinds.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const SETTLE_MS = 10 * MINUTE_MS;
/** For whoever waits for what never comes, because its process was killed. */
const PATIENCE_MS = 2 * HOUR_MS;

/** What a history is set in, besides its kind. */
export interface Setting {
  /** a second account: of the same provider, in the partition of the first one or in another one, or of another provider; default none */
  readonly neighbour?: Neighbour;
  /** after which a sync is full; default never */
  readonly fullAfterHours?: number;
}

/** One history: a world, the processes that follow it, and the oracle. Everything in it comes from its seed. */
export class Simulation {
  readonly kind: Kind;
  readonly cluster: Cluster;
  readonly source: Source;
  readonly oracle: Oracle;
  /** whom the history is about */
  readonly me: Owner;
  /** who saves something now and then, and is not to notice what happens to the other one */
  readonly neighbour: Owner | null;
  readonly trace: string[] = [];
  /** exports that were taken and not handed in */
  readonly taken: Taken[] = [];
  /** embeddings that may have been made twice, since somebody died on the way */
  mayEmbedTwice = false;
  /** the store refused a document, which is in the dead letters, and in the log */
  isRefused = false;
  /** a dead letter could not be written at the first attempt */
  mayLackLetters = false;
  /** items of which the store refused a document */
  readonly refused = new Set<string>();
  /** how much had been written to the log when it was compacted */
  readonly compactions: number[] = [];
  /** a clock was ahead, and what was put off by it may wait for days */
  wasAhead = false;
  /** what the source answered, or a clock said, could not be told from the truth */
  wasMisled = false;
  /** by how much a clock was ever off, ms */
  readonly skews = new Set([0]);
  /** what was purged since it was long in the trash is embedded anew when it is saved again */
  wasPurgedByTime = false;
  readonly #everyStep: EveryStep;
  #isOther = false;
  #files = 0;
  #under: Promise<unknown>[] = [];

  private constructor(kind: Kind, seed: number, { neighbour, fullAfterHours }: Setting) {
    this.kind = kind;
    let now = (): number => 0;
    this.source = SOURCES[kind](() => now(), seed);
    const other = neighbour === 'of another provider' ? SOURCES[otherThan(kind)](() => now(), seed) : null;
    const { env, live = other?.live } = this.source;
    // Only TikTok's is ever asked.
    const { oembed } = other?.provider === 'tiktok' ? other : this.source;
    this.cluster = new Cluster({
      seed,
      env: {
        ...QUIET,
        ...(fullAfterHours === undefined ? {} : { HOARDARR_FULL_AFTER_HOURS: String(fullAfterHours) }),
        ...other?.env,
        ...env,
      },
      oembed,
      ...(live === undefined ? {} : { live }),
    });
    now = () => this.cluster.clock.now();
    this.me = ownerOf('me', this.source);
    this.oracle = this.me.oracle;
    const { log } = this.cluster;
    this.neighbour =
      neighbour === undefined ? null : neighbourOf(this.me, neighbour, other ?? this.source.neighbour, log);
    if (other !== null) this.oracle.reach('a neighbour of another provider');
    this.#everyStep = new EveryStep(this);
    for (const { oracle } of this.owners) oracle.trueTime = (told) => this.cluster.evidence.trueTime(told, this.skews);
  }

  static async open(kind: Kind, seed: number, setting: Setting = {}): Promise<Simulation> {
    const simulation = new Simulation(kind, seed, setting);
    for (const { saved } of simulation.owners)
      for (let n = 0; n < saved.items; n++) if (simulation.random() < 0.6) saved.save(n);
    await simulation.cluster.open();
    for (const owner of simulation.owners) await simulation.connect(owner);
    return simulation;
  }

  get owners(): readonly Owner[] {
    return this.neighbour === null ? [this.me] : [this.me, this.neighbour];
  }

  get violations(): readonly string[] {
    return this.owners.flatMap(({ oracle }) => oracle.violations);
  }

  /** All that was ever written of an account. */
  evidenceOf({ oracle }: Owner): Evidence {
    const { evidence } = this.cluster;
    return this.neighbour === null ? evidence : evidence.ofAccount(oracle.account);
  }

  random(): number {
    return this.cluster.random();
  }

  pick(count: number): number {
    return Math.floor(this.random() * count);
  }

  now(): number {
    return this.cluster.clock.now();
  }

  note(what: string): void {
    this.trace.push(`${new Date(this.now()).toISOString()} ${what}`);
  }

  async connect({ user, saved }: Owner = this.me, how = saved.connectBy): Promise<void> {
    if (how === null) return;
    const signal = new AbortController().signal;
    await this.attempt(connect(this.cluster.front, { provider: saved.provider, user, how, signal }));
  }

  /** What is kept of the account's syncs. */
  async metadata(): Promise<SyncMetadata> {
    const account = { provider: this.source.provider, user: this.me.user };
    return readSyncMetadata(account, (await this.cluster.metadata.get(syncMetadataKey(account)))?.value);
  }

  /** The store of the generation that counts. */
  async store(): Promise<ItemStore> {
    const document = await this.cluster.metadata.get('store');
    if (document === null) throw new Error('no generation counts');
    return this.cluster.generations.open((document.value as { readonly generation: number }).generation);
  }

  /** Looks whether all laws hold that have to hold at every moment. */
  async judge(): Promise<void> {
    const store = await this.store();
    for (const { oracle } of this.owners) {
      const glimpse = await oracle.judge(store, this.now());
      const applied = glimpse.scope.applied?.snapshotId ?? null;
      if (applied !== null && this.cluster.evidence.isAborted(applied))
        oracle.violate('a snapshot was applied that was aborted');
      await this.#everyStep.judge(oracle, store, glimpse);
    }
  }

  /** What was begun has ended, one way or the other. */
  async untilEnded(): Promise<void> {
    await this.attempt(Promise.all(this.#under));
  }

  /** Begins something that goes on while other things happen. */
  begin(what: string, work: Promise<unknown>): void {
    this.#under.push(
      this.cluster.whileFrontLives(work).then(
        () => this.note(`${what}: done`),
        (error: unknown) => this.note(`${what}: ${messageOf(error)}`),
      ),
    );
  }

  /** Does something to its end; what is refused, or fails for a fault, is no violation. */
  async attempt<T>(work: Promise<T>): Promise<T | null> {
    try {
      return await this.cluster.run(work, PATIENCE_MS);
    } catch (error) {
      this.note(messageOf(error));
      return null;
    }
  }

  /** Asks for a sync, which is done by and by. */
  async requestSync(full: boolean, by = this.cluster.front): Promise<void> {
    await this.attempt(requestSync(by, { provider: this.source.provider, user: this.me.user, full }));
  }

  startSync(full: boolean, { user, saved }: Owner = this.me): void {
    if (saved.connectBy === null) return;
    this.#noteWhoAnswers();
    const request = { provider: saved.provider, user, full };
    this.begin(full ? 'full sync' : 'delta sync', requestSync(this.cluster.front, request));
  }

  async sync(full: boolean, { user, saved: { provider } }: Owner = this.me): Promise<void> {
    this.#noteWhoAnswers();
    const report = await this.attempt(syncAccount(this.cluster.front, { provider, user, full }));
    this.note(`synced: ${JSON.stringify(report)}`);
  }

  #noteWhoAnswers(): void {
    if (this.#isOther) this.oracle.reach('a sync while somebody else answered');
  }

  handIn(taken: Taken, owner = this.me): void {
    this.begin('import', this.#import(taken, owner));
  }

  async #import(taken: Taken, { user, saved: { provider } }: Owner): Promise<void> {
    const { bytes, asOf, isForged, name } = taken;
    const file = path.join(this.cluster.folder, `${this.#files++}-${name}`);
    writeFileSync(file, bytes);
    const reading = this.cluster.clock.reading();
    const work = importExport(this.cluster.front, {
      provider,
      user,
      file,
      asOf,
      progress: ({ phase }) => {
        if (phase !== 'read') reading.done();
      },
    });
    const report = await this.cluster.whileFrontLives(work).finally(reading.done);
    this.note(`imported${isForged ? ' what was made up' : ''}: ${JSON.stringify(report)}`);
  }

  async person(operation: PersonOperation, n: number): Promise<void> {
    await this.attempt(this.decide(operation, n));
  }

  decide(operation: PersonOperation, n: number): Promise<unknown> {
    const { provider } = this.source;
    const { user } = this.me;
    const itemIds = [this.source.idOf(n)];
    this.note(`a person asks to ${operation} ${itemIds[0]}`);
    this.oracle.decidedByPerson.add(this.source.idOf(n));
    if (operation === 'purge') this.mayEmbedTwice = true;
    return decide(this.cluster.front, { provider, user }, { operation, author: user, itemIds });
  }

  /** A person looks at what is held, and decides by what is true. */
  async decideHeld(): Promise<void> {
    for (const group of (await this.attempt(listHeld(this.cluster.front))) ?? []) {
      const owner = this.owners.find(({ user }) => user === group.user);
      if (owner === undefined || group.items.some(({ itemId }) => owner.saved.truth.isSaved(itemId))) continue;
      owner.oracle.reach('a person approved what was held');
      this.note(`a person approves to remove ${group.items.map(({ itemId }) => itemId).join(', ')}`);
      await this.attempt(decideHeld(this.cluster.front, group.id, 'approve', owner.user));
    }
  }

  redrive(): Promise<unknown> {
    return this.attempt(redriveDeadLetters(this.cluster.front));
  }

  async settle(): Promise<boolean> {
    return (await this.attempt(drain(this.cluster.front, SETTLE_MS))) === true;
  }

  /** A rebuild that goes on while other things happen. */
  startRebuild(): void {
    this.begin('rebuild', rebuildStore(this.cluster.front));
  }

  rebuildWith(model: string): Promise<RebuildReport | null> {
    return this.attempt(rebuildStore(this.cluster.front, { model }));
  }

  async rebuild(): Promise<void> {
    const late = await this.cluster.lateVectors();
    const report = await this.attempt(rebuildStore(this.cluster.front));
    if (report === null) return;
    this.oracle.reach('rebuilt');
    // Law 8: what neither the cache nor the log has is asked for.
    if (late > 0) {
      this.oracle.reach('a rebuild while vectors were late');
      return;
    }
    if (report.match !== true && this.isRefused) this.oracle.reach('a rebuild took what the store had refused');
    else if (report.match !== true) this.oracle.violate(`a rebuild differs: ${JSON.stringify(report)}`);
    if (report.embeddingCalls > 0) this.oracle.violate(`a rebuild embeds: ${report.embeddingCalls}`);
  }

  get isOther(): boolean {
    return this.#isOther;
  }

  /** Whose the credential is from now on. */
  impersonate(isOther: boolean): void {
    this.#isOther = isOther;
    this.source.impersonate(isOther);
  }

  /** A text may be reserved by a process that is gone, and then by no other. */
  leap(ms: number): Promise<void> {
    return this.mayEmbedTwice ? this.cluster.clock.leap(ms) : this.cluster.leap(ms);
  }

  /** One full sync, or an honest export, and all that it causes. */
  async takeWhole(owner = this.me): Promise<void> {
    // Exports of one second are of one moment.
    await this.cluster.clock.advance(2 * SECOND_MS);
    if (owner.saved.connectBy !== null) await this.sync(true, owner);
    else {
      const taken = owner.saved.takeExport('honest');
      if (taken !== null) await this.attempt(this.#import(taken, owner));
    }
    await this.settle();
  }

  close(): Promise<void> {
    return this.cluster.close();
  }
}
