import type { Fate, Hunt } from './run-mutant.ts';

const MOST_SAID = 100;

/** A row of the table, as Markdown. */
export function rowOf({ mutant, caughtBy, violation, histories }: Fate): string {
  const caught = caughtBy === null ? `survived ${histories}` : String(caughtBy);
  return `| ${[mutant.law ?? 'cadence', cell(mutant.name), `\`${mutant.file}\``, caught, cell(gist(violation))].join(' | ')} |`;
}

/** The page of the docs. */
export function tableOf(fates: readonly Fate[], { first, count }: Hunt): string {
  const survivors = fates.filter(({ caughtBy }) => caughtBy === null).length;
  return [
    '# Mutants',
    '',
    'Each row is a deliberate breakage of a law, and the seed of the first history in which the simulation noticed it. Made by',
    `\`npm run mutants -- --histories ${count} --seed ${first} --table docs/simulation/mutants.md\`; ${fates.length} mutants, of which ${survivors} survived.`,
    '`npm run mutants -- --only "NAME"` runs one of them again.',
    '',
    '| law | what is broken | in | seed | what the oracle said first |',
    '|---|---|---|---|---|',
    ...fates.map(rowOf),
    '',
  ].join('\n');
}

/** Without what differs from run to run. */
function gist(violation: string): string {
  const [line = ''] = violation.split('\n');
  const short = line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…').replace(/[0-9a-f]{32}/g, '…');
  return short.length > MOST_SAID ? `${short.slice(0, MOST_SAID)}…` : short;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
