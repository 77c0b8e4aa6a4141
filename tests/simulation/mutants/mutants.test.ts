import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { mutate } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

const ROOT = path.join(__dirname, '..', '..', '..');

/** `npm run mutants` runs them; this only keeps the list from rotting. */
describe('the mutants of the simulation', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s: breaks what the source says', (_, mutant) => {
    const source = readFileSync(path.join(ROOT, mutant.file), 'utf8');
    expect(mutate(mutant, source)).not.toBe(source);
  });

  it('are enough, bear names of their own, and are of all laws but the one that no history shows', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(30);
  });

  it('are refused where their text is not there once', () => {
    const mutant = { name: 'a', law: 1, file: 'f', text: 'x', replacement: 'y' };
    expect(mutate(mutant, 'a x b')).toBe('a y b');
    expect(() => mutate(mutant, 'a b')).toThrow('0 times');
    expect(() => mutate(mutant, 'x x')).toThrow('2 times');
    expect(() => mutate({ ...mutant, replacement: 'x' }, 'x')).toThrow('changes nothing');
  });
});
