import type { Goal } from './bench.ts';

export function atLeast(what: string, value: number, limit: number): Goal {
  return { what, value, goal: `>= ${limit}`, met: value >= limit };
}

export function atMost(what: string, value: number, limit: number): Goal {
  return { what, value, goal: `<= ${limit}`, met: value <= limit };
}

export function below(what: string, value: number, limit: number): Goal {
  return { what, value, goal: `< ${limit}`, met: value < limit };
}

export function holds(what: string, value: boolean): Goal {
  return { what, value, goal: 'true', met: value };
}
