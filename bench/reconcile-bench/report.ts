import type { Entrant } from './contenders.ts';
import type { Fault } from './faults/fault.ts';
import { NOTHING, type Outcome } from './history.ts';

export interface Result {
  readonly contender: string;
  readonly fault: string;
  /** summed over the histories */
  readonly outcome: Outcome;
}

export interface Report {
  readonly seed: number;
  readonly histories: number;
  readonly contenders: readonly Pick<Entrant, 'name' | 'kind'>[];
  readonly faults: readonly Pick<Fault, 'name' | 'seenAt' | 'isConnectors'>[];
  readonly results: readonly Result[];
}

export function sum(outcomes: readonly Outcome[]): Outcome {
  const total = { ...NOTHING };
  for (const outcome of outcomes)
    for (const name of Object.keys(total) as (keyof Outcome)[]) total[name] += outcome[name];
  return total;
}

const HARMLESS = '·';

/** All tables, as Markdown. */
export function markdownOf(report: Report): string {
  const { histories, seed, faults } = report;
  return [
    '# Results of the reconcile benchmark',
    '',
    `${histories} histories of each of ${faults.length} faults, seed ${seed}; the figures are sums over them. What they mean, and who`,
    'is a model, is in README.md. They are made again by',
    '',
    `    npm run --silent reconcile-bench -- --histories ${histories} --seed ${seed}`,
    '',
    '## Together',
    '',
    together(report),
    '',
    '## The same without the bugs of connectors (†, below)',
    '',
    together({ ...report, faults: faults.filter(({ isConnectors }) => isConnectors !== true) }),
    '',
    '## Wrong removals, missed removals, lost items, by fault',
    '',
    '`w` items removed though they were saved, `m` items there at the end though they were not, `h` the same, but held: a person',
    'was asked and has not answered, `l` items saved and not there at the end; `·`: none of these. Faults with † are bugs of a',
    'connector, which Hoardarr’s own does not have: it meets only what the source does.',
    '',
    byFault(report, harmOf),
    '',
    '## Embedding requests / thousands of tokens, by fault',
    '',
    byFault(report, ({ embeddingRequests, tokens }) => `${embeddingRequests} / ${(tokens / 1000).toFixed(1)}`),
    '',
  ].join('\n');
}

/** The sums over the faults. */
function together({ contenders, faults, results }: Report): string {
  const counted = new Set(faults.map(({ name }) => name));
  const head = [
    'contender',
    'what runs',
    'faults without harm',
    'wrong removals',
    'of these, back at the end',
    'missed removals',
    'of these, shown to a person',
    'lost items',
    'removed late',
    'embedding requests',
    'tokens',
    'texts embedded again',
    'requests to the source',
    'a person was asked',
  ];
  const rows = contenders.map(({ name, kind }) => {
    const own = results.filter(({ contender, fault }) => contender === name && counted.has(fault));
    const all = sum(own.map(({ outcome }) => outcome));
    const { wrong, healed, missed, waiting, lost, late } = all;
    const harmless = `${own.filter(({ outcome }) => harmOf(outcome) === HARMLESS).length} of ${own.length}`;
    const { embeddingRequests, tokens, again, sourceRequests, asked } = all;
    return [
      name,
      kind,
      harmless,
      wrong,
      healed,
      missed,
      waiting,
      lost,
      late,
      embeddingRequests,
      tokens,
      again,
      sourceRequests,
      asked,
    ];
  });
  return table(head, rows);
}

function byFault({ contenders, faults, results }: Report, cell: (outcome: Outcome) => string): string {
  const rows = faults.map((fault) => [
    `${fault.name}${fault.isConnectors === true ? ' †' : ''} (${fault.seenAt})`,
    ...contenders.map(({ name }) => {
      const found = results.find((result) => result.contender === name && result.fault === fault.name);
      return cell(found?.outcome ?? NOTHING);
    }),
  ]);
  return table(['fault', ...contenders.map(({ name }) => name)], rows);
}

function harmOf({ wrong, missed, waiting, lost }: Outcome): string {
  const parts = [
    ...(wrong > 0 ? [`${wrong} w`] : []),
    ...(missed > waiting ? [`${missed - waiting} m`] : []),
    ...(waiting > 0 ? [`${waiting} h`] : []),
    ...(lost > 0 ? [`${lost} l`] : []),
  ];
  return parts.length === 0 ? HARMLESS : parts.join(', ');
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
