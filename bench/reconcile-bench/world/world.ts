import type { FakeService } from '../../../testing/fake-service/fake-service.ts';
import type { SavedItem } from '../contender.ts';

/** Who can be asked at the source. */
export interface Listing {
  readonly service: FakeService;
  readonly token: string;
}

/** What a person saved somewhere: the truth that the contenders are measured against. Items are counted from 0. */
export abstract class World {
  readonly #saved = new Set<number>();
  readonly chance: () => number;
  readonly #texts = new Map<number, string>();
  #next = 0;

  constructor(chance: () => number) {
    this.chance = chance;
  }

  /** null: nobody can be asked, there are only exports */
  abstract readonly listing: Listing | null;
  abstract idOf(n: number): string;
  /** As a connector would read it. */
  abstract itemOf(n: number): SavedItem;
  protected abstract put(n: number): void;
  protected abstract take(n: number): void;

  get savedIds(): ReadonlySet<string> {
    return new Set([...this.#saved].map((n) => this.idOf(n)));
  }

  /** In the order of saving. */
  get saved(): readonly number[] {
    return [...this.#saved];
  }

  /** Saves something new; returns its number. */
  saveNew(text?: string): number {
    const n = this.#next++;
    if (text !== undefined) this.#texts.set(n, text);
    this.save(n);
    return n;
  }

  save(n: number): void {
    this.#saved.add(n);
    this.put(n);
  }

  unsave(n: number): void {
    this.#saved.delete(n);
    this.take(n);
  }

  /** Something saved, by chance. */
  pick(): number {
    const saved = this.saved;
    return saved[Math.floor(this.chance() * saved.length)] ?? 0;
  }

  /** Syncs that a fault lasts, by chance: 1 to 3. */
  howLong(): number {
    return 1 + Math.floor(this.chance() * 3);
  }

  edit(n: number): void {
    this.#texts.set(n, `${inventText(this.chance)} (edited)`);
    this.put(n);
  }

  /** An ordinary day: some things are saved, some are unsaved. */
  live(): void {
    for (let left = 1 + Math.floor(this.chance() * 3); left > 0; left--) this.saveNew();
    for (let left = 1 + Math.floor(this.chance() * 2); left > 0; left--) this.unsave(this.pick());
  }

  protected textOf(n: number): string {
    const known = this.#texts.get(n);
    if (known !== undefined) return known;
    const text = `${inventText(this.chance)} ${n}`;
    this.#texts.set(n, text);
    return text;
  }
}

const WORDS =
  'a small fast parser for queue maps with lazy typed streams and no runtime garden lamp recipe bread slow oven winter ' +
  'tent repair bicycle chain cleaner guide to knots paint wall quiet music loop train window river walk portable battery';

/** 8 to 30 words. */
export function inventText(random: () => number, words = 8 + Math.floor(random() * 22)): string {
  const known = WORDS.split(' ');
  return Array.from({ length: words }, () => known[Math.floor(random() * known.length)]).join(' ');
}
