import { readFileSync } from 'node:fs';
import os from 'node:os';

const KIB_A_MB = 1024;

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Time that this process has spent computing since it began, in all its threads, ms: hardly changed by what else runs. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The smallest value that at least the share of all values does not exceed; 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** To so many digits behind the point. */
export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/**
 * The most memory that this process ever had resident, in MiB. From /proc where there is one (proc(5), VmHWM): the figure
 * of getrusage(2) also counts what the process that started this one had.
 */
export function peakMemoryMb(): number {
  return peakMemoryMbOf('self') ?? round(process.resourceUsage().maxRSS / KIB_A_MB, 1);
}

/** The same of another process that still runs; null where there is no /proc. */
export function peakMemoryMbOf(pid: number | 'self'): number | null {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? null : round(Number(match[1]) / KIB_A_MB, 1);
  } catch {
    return null;
  }
}

/** What the figures depend on. */
export function machine(): Readonly<Record<string, unknown>> {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryGb: round(os.totalmem() / 1024 ** 3, 1),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    load1m: round(os.loadavg()[0] ?? 0),
    date: new Date().toISOString(),
  };
}
