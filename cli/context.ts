import type { Command } from 'commander';
import type { App } from '../app/app.ts';
import { systemClock } from '../app/clock.ts';
import { type Config, loadConfig } from '../app/config.ts';
import { type OpenOptions, openApp } from '../app/open-app.ts';
import { type AppTelemetry, createTelemetry } from '../app/telemetry.ts';
import { checkUser, DEFAULT_USER } from '../app/use-cases/scopes.ts';
import { withLimit } from '../core/abort-signals.ts';
import { type ExitStatus, InterruptedError } from './exit-status.ts';
import type { Io } from './io.ts';
import { write } from './output.ts';

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly dataDir?: string;
  readonly user?: string;
  readonly json?: boolean;
}

/** What a command gives back: a JSON document, and the same for people. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly status?: ExitStatus;
}

/** What only single commands ask for. */
interface OpenHow {
  readonly level?: string;
  readonly startApi?: NonNullable<OpenOptions['startApi']>;
  readonly finishesMove?: boolean;
  readonly claims?: boolean;
  readonly keepsVectors?: boolean;
  /** What ends waiting for servers that cannot be reached. Default: a minute. `start` waits until it is stopped. */
  readonly patience?: 'endless';
}

/** How long a command waits for servers that cannot be reached. */
const PATIENCE_MS = 60_000;

/** How long a command that was interrupted may take to end in order. */
const GRACE_MS = 30_000;

/** Runs commands: opens what they need, prints what they say, and ends in order, also when interrupted. */
export class CliContext {
  readonly io: Io;
  status: ExitStatus = 0;
  /** what no message may show, as far as it was read */
  secrets: readonly string[] = [];

  constructor(io: Io) {
    this.io = io;
  }

  config(options: GlobalOptions): Config {
    const flags = options.dataDir === undefined ? {} : { dataDir: options.dataDir };
    const config = loadConfig(flags, ...(this.io.env === undefined ? [] : ([this.io.env] as const)));
    this.secrets = config.secrets;
    return config;
  }

  user(options: GlobalOptions): string {
    return checkUser(options.user ?? DEFAULT_USER);
  }

  /** For commands that speak of all users unless one is named: null. */
  userOrAll({ user }: GlobalOptions): string | null {
    return user === undefined ? null : checkUser(user);
  }

  /** Opens the data folder for a command, and closes it after. The signal is aborted by SIGINT and SIGTERM. */
  async withApp(
    command: Command,
    work: (app: App, signal: AbortSignal) => Promise<Outcome | null>,
    how: OpenHow = {},
  ): Promise<void> {
    const options = globalsOf(command);
    const outcome = await this.interruptible(async (signal) => {
      const app = await this.open(this.config(options), how, signal);
      try {
        return await work(app, signal);
      } finally {
        await app.close();
      }
    });
    if (outcome !== null) await this.print(options, outcome);
  }

  open(config: Config, how: OpenHow = {}, interrupted?: AbortSignal): Promise<App> {
    const { level = 'warn', startApi, finishesMove = false, claims = false, keepsVectors = false, patience } = how;
    const telemetry = this.#telemetry(config, level);
    const signal = patience === 'endless' ? interrupted : this.patience(interrupted);
    return openApp(config, telemetry, {
      finishesMove,
      claims,
      keepsVectors,
      ...(signal === undefined ? {} : { signal }),
      ...(startApi === undefined ? {} : { startApi }),
    });
  }

  /** Ends waiting for servers that cannot be reached: when a command was interrupted, or has waited for long enough. */
  patience(interrupted?: AbortSignal): AbortSignal {
    return withLimit(interrupted, AbortSignal.timeout(this.io.patienceMs ?? PATIENCE_MS));
  }

  /** What a command needs that works on a data folder without opening it. */
  tools(config: Config): Pick<App, 'clock' | 'random' | 'telemetry'> & { readonly log: AppTelemetry['log'] } {
    const telemetry = this.#telemetry(config, 'warn');
    return { clock: systemClock, random: Math.random, telemetry, log: telemetry.log };
  }

  #telemetry(config: Config, level: string): AppTelemetry {
    return createTelemetry({ level: config.logLevel ?? level, secrets: config.secrets, stream: this.io.stderr });
  }

  /** The first signal aborts, and the work may end in order; the second one quits. */
  async interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stopping = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const interrupted = new Promise<never>((_resolve, reject) => {
      stopping.signal.addEventListener('abort', () => {
        timer = setTimeout(() => reject(stopping.signal.reason), GRACE_MS);
      });
    });
    const off = this.io.onSignal((signal) => {
      if (stopping.signal.aborted) this.io.quit(130);
      stopping.abort(
        new InterruptedError(`interrupted by ${signal}; what was written is kept, and goes on at the next start`),
      );
    });
    try {
      return await Promise.race([work(stopping.signal), interrupted]);
    } finally {
      off();
      clearTimeout(timer);
    }
  }

  async print(options: GlobalOptions, { json, text, status = 0 }: Outcome): Promise<void> {
    this.status = status;
    if (options.json === true) await write(this.io.stdout, `${JSON.stringify(json, null, 2)}\n`);
    else if (text !== '') await write(this.io.stdout, `${text}\n`);
  }
}

/** The options of a command and of the program around it. */
export function globalsOf(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** Takes the global options after the command's name too. */
export function withGlobals(command: Command): Command {
  return command
    .option('--data-dir <dir>', 'where everything is kept (default: ./data, or HOARDARR_DATA_DIR)')
    .option('--user <name>', `whose account (default: ${DEFAULT_USER})`)
    .option('--json', 'one JSON document on stdout, everything else on stderr');
}
