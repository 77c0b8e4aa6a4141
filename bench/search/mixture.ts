import type { Random } from '../../core/ports/clock.ts';
import { seededRandom } from '../seeded-random.ts';

const CLUSTERS = 500;
/** Length of what is added to a centre of length 1: neighbours are as close as texts of one subject are. */
const SPREAD = 0.6;
const SEED = 20_260_101;
/** Normal numbers that are drawn once and taken from any place: drawing 150 million would take longer than all else. */
const POOL = 1 << 19;

/** Vectors of length 1 from a mixture of Gaussian clusters, always the same for the same number. */
export class Mixture {
  readonly #centres: readonly Float32Array[];
  readonly #dimensions: number;
  readonly #pool: Float32Array;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    const normal = normalNumbers(seededRandom(SEED));
    this.#pool = Float32Array.from({ length: POOL }, normal);
    this.#centres = Array.from({ length: CLUSTERS }, () => toUnit(Float32Array.from({ length: dimensions }, normal)));
  }

  clusterOf(n: number): number {
    return Math.floor(seededRandom(SEED + n)() * CLUSTERS);
  }

  vector(n: number): Float32Array {
    const random = seededRandom(SEED + n);
    const centre = this.#centres[Math.floor(random() * CLUSTERS)] ?? new Float32Array(this.#dimensions);
    const scale = SPREAD / Math.sqrt(this.#dimensions);
    const vector = new Float32Array(this.#dimensions);
    // Short stretches from many places, so that no two vectors have much of their noise in common.
    for (let i = 0; i < vector.length; ) {
      let place = Math.floor(random() * POOL);
      for (const end = Math.min(vector.length, i + 16); i < end; i++) {
        vector[i] = (centre[i] ?? 0) + scale * (this.#pool[place++ % POOL] ?? 0);
      }
    }
    return toUnit(vector);
  }
}

/** Box and Muller's way. */
function normalNumbers(random: Random): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function toUnit(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) * scale;
  return vector;
}
