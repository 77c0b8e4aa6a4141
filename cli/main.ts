import type { Writable } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { createRedactor } from '../app/redact.ts';
import { adviceFor } from '../app/system-advice.ts';
import { VERSION } from '../app/version.ts';
import { messageOf } from '../core/errors.ts';
import { registerAccess } from './commands/access.ts';
import { registerAccountCommands } from './commands/accounts.ts';
import { registerBackupCommands } from './commands/backup.ts';
import { registerConnect } from './commands/connect.ts';
import { registerDataCommands } from './commands/data.ts';
import { registerDecisionCommands } from './commands/decide.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExport } from './commands/export.ts';
import { registerHeld } from './commands/held.ts';
import { registerImport } from './commands/import.ts';
import { registerItemCommands } from './commands/items.ts';
import { registerMcp } from './commands/mcp.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerNotify } from './commands/notify.ts';
import { registerRebuild } from './commands/rebuild.ts';
import { registerSearch } from './commands/search.ts';
import { registerStart } from './commands/start.ts';
import { registerStatus } from './commands/status.ts';
import { registerStore } from './commands/store.ts';
import { registerSync } from './commands/sync.ts';
import { CliContext, withGlobals } from './context.ts';
import { exitStatusOf } from './exit-status.ts';
import { type Io, processIo } from './io.ts';
import { isClosedPipe, write } from './output.ts';

const EXAMPLES = `
Examples:
  hoardarr import tiktok user_data_tiktok.json
  hoardarr search 'how to sharpen a knife'
  hoardarr start`;

/**
 * Runs a command line and resolves to the exit status: 0 done, 1 failed, 2 bad usage or input, 3 needs to be connected
 * again. Never rejects.
 *
 * @param argv what follows the program's name
 */
export async function main(argv: readonly string[], io: Io = processIo): Promise<number> {
  const context = new CliContext(io);
  const said: string[] = [];
  // Whoever writes is told what failed; an error that nobody listens to would end the process in the middle of a command.
  const ignore = (): void => undefined;
  for (const stream of [io.stdout, io.stderr]) stream.on('error', ignore);
  try {
    await run(context, argv, said);
    return context.status;
  } catch (error) {
    if (isClosedPipe(error)) return 0;
    const isUsage = error instanceof CommanderError;
    const asJson = argv.includes('--json');
    const message = isUsage
      ? usageMessage(error, said.join('').trim(), asJson)
      : `${messageOf(error)}${adviceFor(error)}`;
    await reportError(context, asJson, message);
    return isUsage ? 2 : exitStatusOf(error);
  } finally {
    for (const stream of [io.stdout, io.stderr]) stream.off('error', ignore);
  }
}

/** @param said takes what commander has to say of wrong usage */
async function run(context: CliContext, argv: readonly string[], said: string[]): Promise<void> {
  const shown: string[] = [];
  try {
    await createProgram(context, shown, said).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
    // Help, or the version.
    await write(context.io.stdout, shown.join(''));
  }
}

/** Where a command is missing, commander says the whole help and nothing else, which does not tell what is wrong. */
function usageMessage({ code, message }: CommanderError, said: string, asJson: boolean): string {
  if (code !== 'commander.help') return said.replace(/^error: /, '') || message;
  const [, name = 'hoardarr'] = /^Usage: (.+?) \[/.exec(said) ?? [];
  const asked = `which command${name === 'hoardarr' ? '' : ` of \`${name}\``}?`;
  return asJson ? `${asked} \`${name} --help\` lists them` : `${asked}\n\n${said}`;
}

async function reportError({ io, secrets }: CliContext, asJson: boolean, message: string): Promise<void> {
  const error = createRedactor(secrets).text(message);
  // Where stdout cannot take it, as where the disk behind it is full, people at least are told.
  if (asJson && (await isWritten(io.stdout, `${JSON.stringify({ error }, null, 2)}\n`))) return;
  await isWritten(io.stderr, `hoardarr: ${error}\n`);
}

async function isWritten(stream: Writable, text: string): Promise<boolean> {
  return await write(stream, text).then(
    () => stream.errored === null,
    () => false,
  );
}

function createProgram(context: CliContext, shown: string[], said: string[]): Command {
  const program = withGlobals(new Command('hoardarr'))
    .description('Keeps a searchable, self-reconciling copy of what you saved elsewhere.')
    .version(VERSION, '-V, --version', 'says which version this is')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void shown.push(text),
      writeErr: (text) => void said.push(text),
      outputError: (text, out) => out(text),
    })
    .showHelpAfterError('(`hoardarr help` lists the commands)')
    .addHelpText('after', EXAMPLES);
  const register = [
    registerStart,
    registerImport,
    registerSearch,
    registerItemCommands,
    registerDecisionCommands,
    registerHeld,
    registerStatus,
    registerRebuild,
    registerMigrate,
    registerDataCommands,
    registerBackupCommands,
    registerNotify,
    registerExport,
    registerMcp,
    registerDoctor,
    registerAccess,
    registerAccountCommands,
    registerConnect,
    registerSync,
    registerStore,
  ];
  for (const add of register) add(program, context);
  return program;
}
