import { type ChildProcess, fork } from 'node:child_process';
import type { PARTS } from './parts.ts';

type Parts = typeof PARTS;
export type PartName = keyof Parts;
type PartFunction<N extends PartName> = Awaited<ReturnType<Parts[N]>>;
type InputOf<N extends PartName> = Parameters<PartFunction<N>>[0];
type ResultOf<N extends PartName> = Awaited<ReturnType<PartFunction<N>>>;

/** What a part says at its end. */
export interface PartReport<R> {
  readonly result: R;
  /** MiB; of its process, and so of nothing but this part */
  readonly peakMemoryMb: number;
}

export interface RunningPart<R> {
  readonly child: ChildProcess;
  /** Rejects when the process ends without a report, also when it was killed. */
  readonly report: Promise<PartReport<R>>;
}

/** Starts a part of a benchmark in a process of its own. */
export function startPart<N extends PartName>(name: N, input: InputOf<N>): RunningPart<ResultOf<N>> {
  const child = fork(process.argv[1] ?? '', ['--part', name, JSON.stringify(input)], {
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const report = new Promise<PartReport<ResultOf<N>>>((resolve, reject) => {
    child.on('message', (message) => {
      if (isReport(message)) resolve(message as PartReport<ResultOf<N>>);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`part '${name}' ended with ${signal ?? code}`)));
  });
  report.catch(() => undefined);
  return { child, report };
}

/** Runs a part to its end. */
export async function runPart<N extends PartName>(name: N, input: InputOf<N>): Promise<PartReport<ResultOf<N>>> {
  const { child, report } = startPart(name, input);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const result = await report;
  await ended;
  return result;
}

function isReport(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'peakMemoryMb' in message;
}
