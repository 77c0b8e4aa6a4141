import type { App } from '../app/app.ts';

/** The app that tools work on. It can be taken away from them and another one given: whoever comes in between waits for that. */
export class ServedApp {
  #app: Promise<App>;
  #resolve: (app: App) => void = () => undefined;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(app: App) {
    this.#app = Promise.resolve(app);
  }

  give(app: App): void {
    this.#resolve(app);
  }

  /** Resolves when nobody works on it any more. */
  async take(): Promise<void> {
    this.#app = new Promise((resolve) => (this.#resolve = resolve));
    await Promise.allSettled(this.#underWay);
  }

  async use<T>(work: (app: App) => Promise<T>): Promise<T> {
    const given = this.#app;
    const app = await given;
    // It may have been taken away in this moment.
    if (given !== this.#app) return await this.use(work);
    const working = work(app);
    this.#underWay.add(working);
    try {
      return await working;
    } finally {
      this.#underWay.delete(working);
    }
  }
}
