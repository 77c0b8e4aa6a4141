/** What is being done, by name, so that a test that gets no further can say what it waits for. */
export class Underway {
  readonly #names: string[] = [];

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.#names.push(name);
    try {
      return await work();
    } finally {
      this.#names.splice(this.#names.indexOf(name), 1);
    }
  }

  /** Like the work itself, but where it takes too long, it rejects with what is still being done and with what `more` says. */
  async within<T>(limitMs: number, work: () => Promise<T>, more: () => Promise<string>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), limitMs)));
    const working = work();
    try {
      if ((await Promise.race([working, late])) !== 'late') return await working;
      // Whoever is told already that it took too long need not hear how it failed after that.
      working.catch(() => undefined);
      throw new Error(`not over after ${limitMs / 1_000} s: ${this.#names.join(', ')}\n${await more()}`);
    } finally {
      clearTimeout(timer);
    }
  }
}
