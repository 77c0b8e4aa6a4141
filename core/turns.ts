/** Work that is done one after another for each name, while no name waits for another. */
export class Turns {
  /** the end of the last work of each name that has any */
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Does it when all that was given before under this name has ended.
   *
   * @param work tells of its failures itself; one that rejects keeps nothing behind it from being done
   */
  take(name: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const turn = before.then(work, work).finally(() => {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    });
    this.#last.set(name, turn);
    return turn;
  }

  /** Resolves when everything that was given so far has ended, however it did. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
