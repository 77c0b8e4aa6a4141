import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { App } from '../../app/app.ts';
import type { RunningRole } from '../../app/role-host.ts';
import { listDeadLetters, type Redriven, redriveDeadLetters } from '../../app/use-cases/dead-letters.ts';
import { type Decided, decide, type PersonOperation } from '../../app/use-cases/decide.ts';
import { type Explanation, explainItem } from '../../app/use-cases/explain.ts';
import { decideHeld, listHeld } from '../../app/use-cases/held.ts';
import { type ImportProgress, type ImportReport, importExport } from '../../app/use-cases/import-export.ts';
import { type ItemView, listItems, MAX_PAGE } from '../../app/use-cases/items.ts';
import { type RebuildReport, rebuildStore } from '../../app/use-cases/rebuild.ts';
import { searchItems } from '../../app/use-cases/search.ts';
import { drain, PIPELINE } from '../../app/use-cases/settle.ts';
import { readStatus, type Status } from '../../app/use-cases/status.ts';
import { type MemoryApp, type MemoryAppOptions, openMemoryApp } from './memory-app.ts';

const USER = 'me';
const ACCOUNT = { provider: 'tiktok', user: USER } as const;
const SETTLE_MS = 3_600_000;

interface ImportHow {
  /** default TikTok */
  readonly provider?: string;
  readonly name?: string;
  readonly asOf?: number;
  readonly user?: string;
}

/**
 * The whole pipeline in one process and in memory: import, producer, log, processor, sink, maintenance, decisions and rebuild,
 * as the composition root puts them together, on a clock that only the test moves. The seed decides every latency, and so the
 * order in which the stages get their turns: the same seed and the same calls give the same history.
 */
export class TopologyDriver {
  readonly parts: MemoryApp;
  #files = 0;

  private constructor(parts: MemoryApp) {
    this.parts = parts;
  }

  /** Starts every role but the API. */
  static async open(options: MemoryAppOptions): Promise<TopologyDriver> {
    const driver = new TopologyDriver(await openMemoryApp(options));
    await driver.run(driver.app.roles.start(PIPELINE));
    return driver;
  }

  get app(): App {
    return this.parts.app;
  }

  /** Lets virtual time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const mark = (): void => {
      isDone = true;
    };
    work.then(mark, mark);
    await this.parts.clock.runUntil(() => isDone);
    return work;
  }

  /**
   * Imports an export, and waits until all that it causes is applied.
   *
   * @param content text or bytes of the file, or an object that is written as JSON
   */
  import(content: unknown, options: ImportHow = {}): Promise<ImportReport> {
    return this.run(this.startImport(content, options));
  }

  /** As `import`, but time has to be moved by the caller. */
  startImport(content: unknown, options: ImportHow = {}): Promise<ImportReport> {
    const { provider = 'tiktok', name = 'user_data_tiktok.json', asOf = null, user = USER } = options;
    this.#files += 1;
    const file = path.join(this.parts.folder, 'exports', String(this.#files), name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(
      file,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
    const reading = this.parts.clock.reading();
    const progress = ({ phase }: ImportProgress): void => {
      if (phase !== 'read') reading.done();
    };
    return importExport(this.app, { provider, user, file, asOf, progress }).finally(reading.done);
  }

  /** A person decides about items. */
  person(operation: PersonOperation, ...itemIds: readonly string[]): Promise<readonly Decided[]> {
    return this.run(decide(this.app, ACCOUNT, { operation, author: USER, itemIds }));
  }

  /** A person decides about the one removal that is held. */
  async held(operation: 'approve' | 'reject'): Promise<readonly Decided[]> {
    const [group] = await listHeld(this.app);
    if (group === undefined) throw new Error('nothing is held');
    return (await this.run(decideHeld(this.app, group.id, operation, USER))).items;
  }

  /** So much time passes, with everything that happens in it. */
  advance(ms: number): Promise<void> {
    return this.parts.clock.advance(ms);
  }

  /** So much time passes at once, as on a machine that slept: for days, which would take long second by second. */
  leap(ms: number): Promise<void> {
    return this.parts.clock.leap(ms);
  }

  /** Until every stage has read to the end, and the sink owes nothing. */
  async settle(): Promise<void> {
    if (!(await this.run(drain(this.app, SETTLE_MS)))) throw new Error('the topology does not come to rest');
  }

  status(): Promise<Status> {
    return this.run(readStatus(this.app));
  }

  /** Ids with this state, ascending. */
  async ids(state = 'active'): Promise<readonly string[]> {
    return (await this.items(state)).map(({ itemId }) => itemId).sort();
  }

  async items(state = 'active'): Promise<readonly ItemView[]> {
    const items: ItemView[] = [];
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof listItems>> = await this.run(
        listItems(this.app, { user: USER, state, limit: MAX_PAGE, after }),
      );
      items.push(...page.items);
      if (page.next === null) return items;
      after = page.next;
    }
  }

  explain(itemId: string): Promise<Explanation> {
    return this.run(explainItem(this.app, ACCOUNT, itemId));
  }

  /** Ids of what is found, the best first. */
  async search(query: string): Promise<readonly string[]> {
    const { results } = await this.run(searchItems(this.app, { query, user: USER, limit: 50 }));
    return results.map(({ itemId }) => itemId);
  }

  rebuild(model: string | null = null): Promise<RebuildReport> {
    return this.run(rebuildStore(this.app, { model }));
  }

  async deadLetters(): Promise<number> {
    return (await this.run(listDeadLetters(this.app))).length;
  }

  redrive(): Promise<Redriven> {
    return this.run(redriveDeadLetters(this.app));
  }

  /** One more of a role, as in another process; it has to be stopped before the driver is closed. */
  another(role: 'producer' | 'embed' | 'sink'): Promise<RunningRole> {
    return this.run(this.parts.starters[role]());
  }

  close(): Promise<void> {
    return this.run(this.app.close());
  }
}
