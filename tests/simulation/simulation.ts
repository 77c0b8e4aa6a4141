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
import { judgeAtRest, judgeEmbeddings, rebuildSilently, rebuildWithAnotherModel } from './laws/judge-at-rest.ts';
import { Oracle } from './oracle.ts';
import { GUARD, QUIET } from './settings.ts';
import type { Source, Taken } from './source.ts';
import { type Kind, SOURCES } from './sources/kinds.ts';

const USER = 'me';
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SETTLE_MS = 10 * MINUTE_MS;
/** For whoever waits for what never comes, because its process was killed. */
const PATIENCE_MS = 2 * HOUR_MS;
/** Seconds: longer than a walk takes, and than the lease of one whose process was killed. */
const MOST_WAITS = 120;
/** Histories after which everything is embedded with another model: one of so many. */
const OTHER_MODEL_EVERY = 8;
const REAUTH_MS = 20 * MINUTE_MS;

/** One history: a world, the processes that follow it, and the oracle. Everything in it comes from its seed. */
export class Simulation {
  readonly kind: Kind;
  readonly cluster: Cluster;
  readonly source: Source;
  readonly oracle: Oracle;
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
  #isOther = false;
  #files = 0;
  #under: Promise<unknown>[] = [];

  private constructor(kind: Kind, seed: number) {
    this.kind = kind;
    let now = (): number => 0;
    this.source = SOURCES[kind](() => now(), seed);
    const { env, live, oembed } = this.source;
    this.cluster = new Cluster({
      seed,
      env: { ...QUIET, ...env },
      oembed,
      ...(live === undefined ? {} : { live }),
    });
    now = () => this.cluster.clock.now();
    this.oracle = new Oracle(this.source);
  }

  static async open(kind: Kind, seed: number): Promise<Simulation> {
    const simulation = new Simulation(kind, seed);
    for (let n = 0; n < simulation.source.items; n++) if (simulation.random() < 0.6) simulation.source.save(n);
    await simulation.cluster.open();
    await simulation.connect();
    return simulation;
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

  async connect(how = this.source.connectBy): Promise<void> {
    const { provider } = this.source;
    if (how === null) return;
    const signal = new AbortController().signal;
    await this.attempt(connect(this.cluster.front, { provider, user: USER, how, signal }));
  }

  /** What is kept of the account's syncs. */
  async metadata(): Promise<SyncMetadata> {
    const account = { provider: this.source.provider, user: USER };
    return readSyncMetadata(account, (await this.cluster.metadata.get(syncMetadataKey(account)))?.value);
  }

  /** The store of the generation that counts. */
  async store(): Promise<ItemStore> {
    const document = await this.cluster.metadata.get('store');
    if (document === null) throw new Error('no generation counts');
    return this.cluster.generations.open((document.value as { readonly generation: number }).generation);
  }

  async judge(): Promise<void> {
    await this.oracle.judge(await this.store(), this.now());
    const applied = (await (await this.store()).scope(this.oracle.scope))?.applied?.snapshotId ?? null;
    if (applied !== null && this.cluster.evidence.isAborted(applied))
      this.oracle.violate('a snapshot was applied that was aborted');
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
    await this.attempt(requestSync(by, { provider: this.source.provider, user: USER, full }));
  }

  startSync(full: boolean): void {
    if (this.source.connectBy === null) return;
    this.#noteWhoAnswers();
    const request = { provider: this.source.provider, user: USER, full };
    this.begin(full ? 'full sync' : 'delta sync', requestSync(this.cluster.front, request));
  }

  async sync(full: boolean): Promise<void> {
    const { provider } = this.source;
    this.#noteWhoAnswers();
    const report = await this.attempt(syncAccount(this.cluster.front, { provider, user: USER, full }));
    this.note(`synced: ${JSON.stringify(report)}`);
  }

  #noteWhoAnswers(): void {
    if (this.#isOther) this.oracle.reach('a sync while somebody else answered');
  }

  handIn(taken: Taken): void {
    this.begin('import', this.#import(taken));
  }

  async #import(taken: Taken): Promise<void> {
    const { bytes, asOf, isForged, name } = taken;
    const file = path.join(this.cluster.folder, `${this.#files++}-${name}`);
    writeFileSync(file, bytes);
    const { provider } = this.source;
    const reading = this.cluster.reading();
    const work = importExport(this.cluster.front, {
      provider,
      user: USER,
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
    const itemIds = [this.source.idOf(n)];
    this.note(`a person asks to ${operation} ${itemIds[0]}`);
    this.oracle.decidedByPerson.add(this.source.idOf(n));
    if (operation === 'purge') this.mayEmbedTwice = true;
    return decide(this.cluster.front, { provider, user: USER }, { operation, author: USER, itemIds });
  }

  /** A person looks at what is held, and decides by what is true. */
  async decideHeld(): Promise<void> {
    const { truth } = this.source;
    for (const group of (await this.attempt(listHeld(this.cluster.front))) ?? []) {
      const saved = group.items.filter(({ itemId }) => truth.isSaved(itemId));
      if (saved.length > 0) continue;
      this.oracle.reach('a person approved what was held');
      this.note(`a person approves to remove ${group.items.map(({ itemId }) => itemId).join(', ')}`);
      await this.attempt(decideHeld(this.cluster.front, group.id, 'approve', USER));
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

  /** No more faults; what stood still goes on, and what was begun ends one way or the other. */
  async #calm(): Promise<void> {
    if (this.source.service !== null) this.source.service.before = () => undefined;
    this.cluster.mend();
    await this.#endImpersonation();
    this.source.grant();
    if (this.cluster.workers.length === 0) await this.cluster.addWorker();
    for (let n = 0; n < this.source.items; n++) this.source.show(n);
    await this.leap(REAUTH_MS);
    await this.attempt(Promise.all(this.#under));
    await this.settle();
  }

  /** Not while a list is walked: whose its first page was, the later ones do not tell. */
  async #endImpersonation(): Promise<void> {
    for (let waits = 0; this.#isOther && waits < MOST_WAITS; waits++) {
      if ((await this.metadata()).lease === null) break;
      await this.cluster.clock.advance(SECOND_MS);
    }
    this.impersonate(false);
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
  async takeWhole(): Promise<void> {
    // Exports of one second are of one moment.
    await this.cluster.clock.advance(2 * SECOND_MS);
    if (this.source.connectBy !== null) await this.sync(true);
    else {
      const taken = this.source.takeExport('honest');
      if (taken !== null) await this.attempt(this.#import(taken));
    }
    await this.settle();
  }

  async #whole(): Promise<void> {
    await this.leap(DAY_MS);
    await this.takeWhole();
  }

  /** Faults end: within two full syncs both sides are equal, a third changes nothing, and a rebuild gives the same. */
  async finish(): Promise<void> {
    this.note('the end: no more faults, and whole lists');
    await this.#calm();
    await this.judge();
    await this.connect();
    await this.redrive();
    await this.settle();
    for (let round = 0; round < 2; round++) {
      await this.#whole();
      await this.decideHeld();
      await this.settle();
      await this.judge();
    }
    const decisions = this.#decisions();
    this.#saveAnother();
    await this.#whole();
    if (this.#decisions() > decisions) this.oracle.violate('there is something to decide though nothing changed');
    const scope = await (await this.store()).scope(this.oracle.scope);
    if (scope?.converged === false) this.oracle.violate('it did not converge');
    await this.oracle.judgeEnd(await this.store());
    await this.judge();
    judgeEmbeddings(this);
    await judgeAtRest(this, GUARD);
    await rebuildSilently(this);
    if (this.pick(OTHER_MODEL_EVERY) === 0) await rebuildWithAnotherModel(this);
  }

  /** Its content has to come with what the next list causes, and not by and by. */
  #saveAnother(): void {
    const { source, oracle } = this;
    const n = oracle.ids.findLastIndex((id) => !source.truth.isSaved(id) && !oracle.decidedByPerson.has(id));
    if (n < 0) return;
    this.note(`save ${n} (${source.idOf(n)}), at the end`);
    source.save(n);
  }

  #decisions(): number {
    return this.cluster.log.all('ingest').filter(({ key }) => /remove|hold/.test(key)).length;
  }

  close(): Promise<void> {
    return this.cluster.close();
  }
}
