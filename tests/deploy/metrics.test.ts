import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ApiWorld, exported } from '../../api/api-world.test-helper.ts';
import { METRIC_HELP } from '../../app/metrics.ts';
import { listSourceFiles, projectRoot } from '../architecture/source-files.ts';

type Kind = 'count' | 'gauge' | 'observe';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}
interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const read = (file: string): string => readFileSync(path.join(projectRoot, 'deploy', file), 'utf8');
const dashboard = JSON.parse(read('grafana/dashboards/hoardarr.json')) as Dashboard;
const alerts = parse(read('prometheus/alerts.yml')) as Alerts;
const onDashboard = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const inAlerts = alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));

/** What the program counts, by name, as its sources say; `sink.ts` makes three names of events. */
const kinds = new Map<string, Kind>([
  ['hoardarr_removed', 'count'],
  ['hoardarr_held', 'count'],
  ['hoardarr_purged', 'count'],
]);
for (const { path: file, text } of listSourceFiles()) {
  if (/\.test[.-]|^(tests|testing|bench)\//.test(file)) continue;
  for (const [, kind, name] of text.matchAll(/metrics\s*\.\s*(count|gauge|observe)\(\s*'(\w+)'/g))
    kinds.set(name ?? '', kind as Kind);
}

const SUFFIXES: Readonly<Record<Kind, readonly string[]>> = {
  count: ['_total'],
  gauge: [''],
  observe: ['_bucket', '_sum', '_count'],
};
/** By the name that Prometheus sees: the name that the program counts by. */
const exportedNames = new Map(
  [...kinds].flatMap(([name, kind]) => SUFFIXES[kind].map((suffix) => [`${name}${suffix}`, name] as const)),
);

const namesIn = (exprs: readonly string[]): readonly string[] =>
  exprs.flatMap((expr) => withoutLabels(expr).match(/\b(hoardarr|messaging)_\w+/g) ?? []);
/** Without what stands in braces, and behind `by` and `on`. */
const withoutLabels = (expr: string): string => expr.replaceAll(/\{[^}]*\}|\b(by|on) \([^)]*\)/g, '');
const labelsIn = (expr: string): readonly string[] => [
  ...[...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */)),
  ...[...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) => list.match(/\w+(?==)/g) ?? []),
];

describe('the dashboard and the alerts', () => {
  it('ask for metrics that the program exports, and for no other', () => {
    const unknown = [...namesIn(onDashboard), ...namesIn(inAlerts)].filter((name) => !exportedNames.has(name));
    expect(unknown).toEqual([]);
    expect(namesIn(inAlerts).length).toBeGreaterThan(5);
  });

  it('show everything that the program exports', () => {
    const shown = new Set(namesIn(onDashboard).map((name) => exportedNames.get(name)));
    expect([...kinds.keys()].filter((name) => !shown.has(name))).toEqual([]);
  });

  it('have panels and rules of different names', () => {
    for (const names of [
      dashboard.panels.map(({ title }) => title),
      alerts.groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)),
    ])
      expect(new Set(names).size).toBe(names.length);
  });
});

it('every metric has a text that says what it is, and every such text is of a metric', () => {
  expect(Object.keys(METRIC_HELP).toSorted()).toEqual([...kinds.keys()].toSorted());
});

describe('beside what a running program exports', () => {
  const world = new ApiWorld({ HOARDARR_GUARD_ITEMS: '1000' });
  let samples: ReadonlyMap<string, ReadonlySet<string>>;
  beforeAll(async () => {
    await world.start();
    await world.upload(exported(30));
    await world.upload(exported(25, 5));
    samples = samplesOf((await world.ask('GET', '/metrics')).text);
  });
  afterAll(async () => {
    await world.stop();
    world.cli.remove();
  });

  it('the sources name every metric', () => {
    expect(samples.size).toBeGreaterThan(10);
    expect([...samples.keys()].filter((name) => !exportedNames.has(name))).toEqual([]);
  });

  it('labels are asked for that the metrics have', () => {
    const wrong = [...onDashboard, ...inAlerts].flatMap((expr) => {
      const names = namesIn([expr]);
      if (names.length === 0 || !names.every((name) => samples.has(name))) return [];
      const known = new Set(['job', 'role', ...names.flatMap((name) => [...(samples.get(name) ?? [])])]);
      return labelsIn(expr)
        .filter((label) => !known.has(label))
        .map((label) => `${label}: ${expr}`);
    });
    expect(wrong).toEqual([]);
  });
});

/** Names with the labels that they have in this text. */
function samplesOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const [, name, list = ''] = /^([a-z_]+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    const labels = found.get(name) ?? new Set();
    for (const [, label = ''] of list.matchAll(/(\w+)="/g)) labels.add(label);
    found.set(name, labels);
  }
  return found;
}
