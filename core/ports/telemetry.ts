export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logs; secrets are redacted by the adapter, and do not belong in fields in the first place (law 12). */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

/** Counters and gauges by name; the names and help texts are in app/metrics.ts. */
export interface Metrics {
  count(name: string, amount?: number, labels?: Readonly<Record<string, string>>): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

export interface Telemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
}
