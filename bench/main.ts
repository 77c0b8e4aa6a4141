import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../core/errors.ts';
import type { Bench } from './bench.ts';
import { machine, peakMemoryMb, round } from './measure.ts';
import type { PartName } from './part.ts';
import { PARTS } from './parts.ts';

/** Loaded one at a time, since what one needs would count in the memory of another. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  pipeline: async () => (await import('./pipeline/pipeline.ts')).pipeline,
  reconcile: async () => (await import('./reconcile/reconcile.ts')).reconcile,
  embed: async () => (await import('./embed/embed.ts')).embed,
  search: async () => (await import('./search/search.ts')).search,
  console: async () => (await import('./console/console.ts')).consoleBench,
  sync: async () => (await import('./sync/sync.ts')).sync,
  kafka: async () => (await import('./kafka/kafka.ts')).kafka,
  codec: async () => (await import('./codec/codec.ts')).codec,
  couchbase: async () => (await import('./couchbase/couchbase.ts')).couchbase,
  distributed: async () => (await import('./distributed/distributed.ts')).distributed,
  rebuild: async () => (await import('./rebuild/rebuild.ts')).rebuild,
};
const BAD_USAGE = 2;

const [first = '', ...rest] = process.argv.slice(2);
if (first === '--part') await runAsPart(rest[0] as PartName, rest[1] ?? '{}');
// Not only the exit code: where a benchmark failed, its other processes would keep this one waiting.
else process.exit(await runBench());

/** In a process that part.ts started. */
async function runAsPart(name: PartName, input: string): Promise<void> {
  const part = (await PARTS[name]()) as (input: unknown) => Promise<unknown>;
  // An orphan has nobody to report to.
  process.once('disconnect', () => process.exit(1));
  const result = await part(JSON.parse(input));
  await new Promise<void>((resolve, reject) => {
    process.send?.({ result, peakMemoryMb: peakMemoryMb() }, undefined, {}, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  process.exit(0);
}

async function runBench(): Promise<number> {
  let wanted: Awaited<ReturnType<typeof readArguments>>;
  try {
    wanted = await readArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(
      `${messageOf(error)}\nusage: npm run --silent bench -- ${Object.keys(BENCHES).join('|')} [--items N] [--rounds N]\n`,
    );
    return BAD_USAGE;
  }
  const { name, bench, items, rounds } = wanted;
  const folder = await mkdtemp(path.join(tmpdir(), 'hoardarr-bench-'));
  const stop = (): void => process.exit(1);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  try {
    const since = performance.now();
    const measuredOn = machine();
    const measured = await bench.run({ items, rounds, folder });
    const took = round((performance.now() - since) / 1000, 1);
    const report = { name, machine: { ...measuredOn, tookS: took }, ...measured };
    await new Promise((resolve) => process.stdout.write(`${JSON.stringify(report, null, 2)}\n`, resolve));
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}

interface Wanted {
  readonly name: string;
  readonly bench: Bench;
  readonly items: number;
  readonly rounds: number;
}

async function readArguments(words: readonly string[]): Promise<Wanted> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { items: { type: 'string' }, rounds: { type: 'string' } },
  });
  const [name = '', ...others] = positionals;
  const load = BENCHES[name];
  if (load === undefined || others.length > 0) throw new Error(`which benchmark? ${positionals.join(' ')}`);
  const bench = await load();
  return { name, bench, items: count(values.items, bench.items), rounds: count(values.rounds, bench.rounds) };
}

function count(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new Error(`not a number of something: ${text}`);
  return Number(text);
}
