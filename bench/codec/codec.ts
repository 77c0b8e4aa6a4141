import type { Bench, BenchOptions, Measured } from '../bench.ts';
import { atLeast } from '../goals.ts';
import { median, round } from '../measure.ts';
import { runPart } from '../part.ts';
import type { CodecResult } from './codec-records.ts';

const MIN_TIMES = 5;

/** Records of 1 kB encoded and decoded, against the registry client's AvroSerializer and AvroDeserializer. */
export const codec: Bench = { items: 100_000, rounds: 3, run };

async function run({ items, rounds }: BenchOptions): Promise<Measured> {
  const [ours, theirs]: [CodecResult[], CodecResult[]] = [[], []];
  for (let turn = 0; turn < rounds; turn++) {
    ours.push((await runPart('codec run', { items })).result);
    theirs.push((await runPart('codec floor', { items })).result);
    process.stderr.write(`codec: round ${turn + 1} of ${rounds}\n`);
  }
  const figures = ratesOf(ours);
  const floor = ratesOf(theirs);
  const encoding = round(figures.encodedPerS / floor.encodedPerS);
  const decoding = round(figures.decodedPerS / floor.decodedPerS);
  return {
    figures: { items, rounds, ...figures },
    floor,
    ratio: Math.min(encoding, decoding),
    goals: [
      atLeast("times the AvroSerializer's rate", encoding, MIN_TIMES),
      atLeast("times the AvroDeserializer's rate", decoding, MIN_TIMES),
    ],
  };
}

function ratesOf(results: readonly CodecResult[]): { encodedPerS: number; decodedPerS: number } {
  return {
    encodedPerS: round(median(results.map((result) => result.encodedPerS)), 0),
    decodedPerS: round(median(results.map((result) => result.decodedPerS)), 0),
  };
}
