interface Span {
  readonly from: number;
  to: number;
}

/** When each item was saved at the source, and what it said: what only the simulation knows. */
export class Truth {
  readonly #spans = new Map<string, Span[]>();

  save(itemId: string, now: number): void {
    if (this.isSaved(itemId)) return;
    const spans = this.#spans.get(itemId) ?? [];
    spans.push({ from: now, to: Number.POSITIVE_INFINITY });
    this.#spans.set(itemId, spans);
  }

  unsave(itemId: string, now: number): void {
    const last = this.#spans.get(itemId)?.at(-1);
    if (last !== undefined) last.to = Math.min(last.to, now);
  }

  isSaved(itemId: string): boolean {
    return this.#spans.get(itemId)?.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  wasEverSaved(itemId: string): boolean {
    return this.#spans.has(itemId);
  }

  /** All the time; a change at the very end of it may count either way, and so does not. */
  wasSavedThroughout(itemId: string, since: number, until: number): boolean {
    return (this.#spans.get(itemId) ?? []).some(({ from, to }) => from < since && until < to);
  }

  /** Something was taken out meanwhile. */
  hasShrunk(since: number, until: number): boolean {
    return [...this.#spans.values()].some((spans) => spans.some(({ to }) => since <= to && to <= until));
  }

  get savedIds(): readonly string[] {
    return [...this.#spans.keys()].filter((itemId) => this.isSaved(itemId)).sort();
  }
}
