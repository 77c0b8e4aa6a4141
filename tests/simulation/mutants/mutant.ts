/** One deliberate breakage of a law: a text of a source that is another one while the program runs. */
export interface Mutant {
  /** in plain words, as `--only` takes it */
  readonly name: string;
  /** its number, as the comments of the program give it: docs/simulation/README.md; null: the cadence, which has none */
  readonly law: number | null;
  /** of the checkout */
  readonly file: string;
  /** occurs exactly once in the file */
  readonly text: string;
  readonly replacement: string;
  /** Another text of the same file: where two checks stand for one, either of them alone is not missed. */
  readonly also?: { readonly text: string; readonly replacement: string };
}

/**
 * The source with the mutant in it.
 *
 * @throws Error where its text does not occur exactly once, or changes nothing: then the list has to follow the source
 */
export function mutate({ name, file, also, ...change }: Mutant, source: string): string {
  let mutated = source;
  for (const { text, replacement } of also === undefined ? [change] : [change, also]) {
    const found = source.split(text).length - 1;
    if (found !== 1) throw new Error(`the mutant '${name}': ${file} has its text ${found} times, and not once`);
    if (text === replacement) throw new Error(`the mutant '${name}' changes nothing`);
    mutated = mutated.replace(text, () => replacement);
  }
  return mutated;
}
