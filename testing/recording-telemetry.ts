import type { LogFields, Logger, Metrics, Telemetry } from '../core/ports/telemetry.ts';

/** Telemetry that keeps what it is told, for tests. */
export class RecordingTelemetry implements Telemetry {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];
  /** sums by name, whatever the labels */
  readonly counts = new Map<string, number>();
  readonly gauges = new Map<string, number>();
  readonly log: Logger = this.#logger({});
  readonly metrics: Metrics = {
    count: (name, amount = 1) => void this.counts.set(name, (this.counts.get(name) ?? 0) + amount),
    gauge: (name, value) => void this.gauges.set(name, value),
    observe: () => {},
  };

  #logger(bound: LogFields): Logger {
    const at =
      (level: string) =>
      (message: string, fields: LogFields = {}) =>
        void this.lines.push({ level, message, fields: { ...bound, ...fields } });
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => this.#logger({ ...bound, ...fields }),
    };
  }
}
