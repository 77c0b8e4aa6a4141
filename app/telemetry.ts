import { type DestinationStream, destination, type Logger as Pino, pino, stdTimeFunctions } from 'pino';
import type { LogFields, Logger, Telemetry } from '../core/ports/telemetry.ts';
import { PrometheusMetrics } from './metrics.ts';
import { createRedactor, type Redactor } from './redact.ts';

const STDERR = 2;

export interface AppTelemetry extends Telemetry {
  readonly metrics: PrometheusMetrics;
  readonly redactor: Redactor;
}

export interface TelemetryOptions {
  readonly level: string;
  readonly secrets: readonly string[];
  /** default: stderr */
  readonly stream?: DestinationStream;
}

/** Structured logs, one JSON object a line, and metrics. */
export function createTelemetry({ level, secrets, stream }: TelemetryOptions): AppTelemetry {
  const redactor = createRedactor(secrets);
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Written at once: what a process said before it died is what is looked for.
  const log = pino(options, stream ?? destination({ fd: STDERR, sync: true }));
  return { log: new RedactingLogger(log, redactor), metrics: new PrometheusMetrics(), redactor };
}

class RedactingLogger implements Logger {
  readonly #log: Pino;
  readonly #redactor: Redactor;

  constructor(log: Pino, redactor: Redactor) {
    this.#log = log;
    this.#redactor = redactor;
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#log.isLevelEnabled('debug')) this.#log.debug(this.#safe(fields), this.#redactor.text(message));
  }

  info(message: string, fields?: LogFields): void {
    if (this.#log.isLevelEnabled('info')) this.#log.info(this.#safe(fields), this.#redactor.text(message));
  }

  warn(message: string, fields?: LogFields): void {
    this.#log.warn(this.#safe(fields), this.#redactor.text(message));
  }

  error(message: string, fields?: LogFields): void {
    this.#log.error(this.#safe(fields), this.#redactor.text(message));
  }

  child(fields: LogFields): Logger {
    return new RedactingLogger(this.#log.child(this.#safe(fields)), this.#redactor);
  }

  #safe(fields: LogFields | undefined): Record<string, unknown> {
    return (this.#redactor.value(fields ?? {}) ?? {}) as Record<string, unknown>;
  }
}
