import { accountName } from '../../core/keys.ts';
import { sampleItems } from '../sample-items.ts';
import type { Stack } from '../stack.ts';
import { SCOPE } from './scope.ts';

/** An item is due so often, however long the ones before it wait. */
const INTERVAL_MS = 40;
const POLL_MS = 2;
const TEXT_BYTES = 128;

/** Another account that saves an item now and then, and sees how long each takes to be applied. */
export class OtherAccount {
  readonly #stack: Stack;
  readonly #partition: number;
  readonly #account: { readonly provider: string; readonly user: string };
  readonly #waiting: { readonly lastOffset: number; readonly dueAt: readonly number[] }[] = [];
  readonly #waitsMs: number[] = [];
  #stopped = false;
  #done: Promise<unknown> = Promise.resolve();

  constructor(stack: Stack) {
    this.#stack = stack;
    const busy = stack.log.partitionOf(accountName(SCOPE));
    for (let n = 0; ; n++) {
      const account = { provider: SCOPE.provider, user: `other${n}` };
      this.#partition = stack.log.partitionOf(accountName(account));
      this.#account = account;
      if (this.#partition !== busy) return;
    }
  }

  start(): void {
    this.#done = Promise.all([this.#send(), this.#watch()]);
  }

  /** Resolves to how long each of its items took from when it was due, ms. */
  async stop(): Promise<readonly number[]> {
    this.#stopped = true;
    await this.#done;
    return this.#waitsMs;
  }

  async #send(): Promise<void> {
    const run = this.#stack.newRun(this.#account, 'other', 1);
    const itemAt = sampleItems(TEXT_BYTES);
    const started = { mode: 'full', login: null, causedBy: null, commandId: null, credentialKind: null } as const;
    await run.append([{ type: 'SyncStarted', value: started }], () => {});
    const since = performance.now();
    for (let n = 0; !this.#stopped; ) {
      await sleep(since + n * INTERVAL_MS - performance.now());
      const dueAt: number[] = [];
      const first = n;
      for (; since + n * INTERVAL_MS <= performance.now(); n++) dueAt.push(since + n * INTERVAL_MS);
      if (dueAt.length === 0) continue;
      const records = dueAt.map((_, i) => {
        return { type: 'RawItem', value: { ...itemAt(first + i), collection: SCOPE.collection } } as const;
      });
      const lastOffset = await run.append(records, () => {});
      this.#waiting.push({ lastOffset, dueAt });
    }
  }

  async #watch(): Promise<void> {
    while (!this.#stopped || this.#waiting.length > 0) {
      const { position } = await this.#stack.store.progress(this.#partition);
      const now = performance.now();
      while ((this.#waiting[0]?.lastOffset ?? Number.POSITIVE_INFINITY) <= position) {
        for (const dueAt of this.#waiting.shift()?.dueAt ?? []) this.#waitsMs.push(now - dueAt);
      }
      await sleep(POLL_MS);
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
