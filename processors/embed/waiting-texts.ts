export interface WantedText {
  /** hex SHA-256 of the text */
  readonly textHash: string;
  readonly text: string;
}

/** What came of a text: its vector; that it will never have one; or that it may get one later. */
export type Embedding =
  | { readonly kind: 'vector'; readonly vector: Uint8Array; readonly truncated: boolean }
  | { readonly kind: 'refused' }
  | { readonly kind: 'late' };

interface Waiter {
  missing: number;
  readonly found: Map<string, Embedding>;
  readonly resolve: (found: ReadonlyMap<string, Embedding>) => void;
  readonly reject: (error: unknown) => void;
}

/** A text on its way to its vector. */
export interface Entry extends WantedText {
  readonly waiters: Waiter[];
  /** asked for once, whatever the state of the embedder; not tried again */
  readonly once: boolean;
  /** when the first request for it that failed was begun */
  failedSince: number | null;
  /** how often another process was found to ask for it */
  looks: number;
}

/** Texts on their way, each once, with everybody who waits for it. */
export class WaitingTexts {
  /** by text hash, from the first question to the answer */
  readonly #entries = new Map<string, Entry>();

  /** @returns an answer for each of the texts, and those of them that nobody waited for yet */
  add(
    wanted: readonly WantedText[],
    once: boolean,
  ): { readonly answers: Promise<ReadonlyMap<string, Embedding>>; readonly fresh: readonly Entry[] } {
    const fresh: Entry[] = [];
    const answers = new Promise<ReadonlyMap<string, Embedding>>((resolve, reject) => {
      const waiter: Waiter = { missing: 0, found: new Map(), resolve, reject };
      const seen = new Set<string>();
      for (const { textHash, text } of wanted) {
        if (seen.has(textHash)) continue;
        seen.add(textHash);
        let entry = this.#entries.get(textHash);
        if (entry === undefined) {
          entry = { textHash, text, waiters: [], once, failedSince: null, looks: 0 };
          this.#entries.set(textHash, entry);
          fresh.push(entry);
        }
        entry.waiters.push(waiter);
        waiter.missing += 1;
      }
      if (waiter.missing === 0) resolve(waiter.found);
    });
    return { answers, fresh };
  }

  settle(entry: Entry, embedding: Embedding): void {
    this.#entries.delete(entry.textHash);
    for (const waiter of entry.waiters) {
      waiter.found.set(entry.textHash, embedding);
      waiter.missing -= 1;
      if (waiter.missing === 0) waiter.resolve(waiter.found);
    }
  }

  rejectAll(reason: unknown): void {
    const waiters = new Set([...this.#entries.values()].flatMap((entry) => entry.waiters));
    this.#entries.clear();
    for (const waiter of waiters) waiter.reject(reason);
  }
}
